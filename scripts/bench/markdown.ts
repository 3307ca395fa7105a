import type { Row, Section } from './results';

const begin = (name: string): string => `<!-- bench ${name} -->`;
const end = (name: string): string => `<!-- end of bench ${name} -->`;

function cell(text: string): string {
  return text.replace(/\|/g, '\\|').replace(/\s*\n\s*/g, ' ');
}

function verdictOf({ bar, isMet }: Row): string {
  if (bar === undefined || isMet === undefined) return '';
  return isMet ? `${bar}: yes` : `${bar}: **no**`;
}

/** The table of a section as Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(({ what, measured, remark = '', ...row }) =>
    [what, measured, verdictOf({ what, measured, ...row }), remark].map(cell),
  );
  return [['what', 'measured', 'bar', 'remark'], ['---', '---', '---', '---'], ...lines]
    .map((line) => `| ${line.join(' | ')} |`)
    .join('\n');
}

/** A section as Markdown between its markers; `machine` says where it was measured. */
export function sectionText(section: Section, machine: string): string {
  const { name, title, method, rows } = section;
  return [begin(name), `## ${title}`, '', method, '', tableOf(rows), '', machine, end(name)].join(
    '\n',
  );
}

/** Puts a section in the place of the one of the same name, or at the end of the page. */
export function replaceSection(page: string, section: Section, machine: string): string {
  const text = sectionText(section, machine);
  const from = page.indexOf(begin(section.name));
  const to = page.indexOf(end(section.name), from);
  if (from < 0 || to < 0) return `${page.trimEnd()}\n\n${text}\n`;
  return page.slice(0, from) + text + page.slice(to + end(section.name).length);
}
