// The script of dist/preview/index.html: reads the data embedded in the page and shows it.
import type { Document, Window } from 'happy-dom';
import { mountPreview } from './app';
import type { PreviewData } from './model';

const { document, window } = globalThis as unknown as { document: Document; window: Window };
const data = JSON.parse(document.getElementById('data')?.textContent ?? '{}') as PreviewData;
const placeInAddress = () => decodeURIComponent(window.location.hash.slice(1));
const go = mountPreview(document, data, (place) => {
  if (placeInAddress() !== place) window.history.replaceState(null, '', `#${place}`);
});
window.addEventListener('hashchange', () => go(placeInAddress()));
go(placeInAddress());
