import { ExpectedError } from '../../shared/databricks';

/** The Git folder is not, or cannot be brought, where it should be. */
export class GitFolderError extends ExpectedError {
  override readonly name = 'GitFolderError';
}
