/** Tables as an Arrow file (IPC file format, Feather 2): a record batch a batch. */
import { ArrowStream } from './arrow-stream.js';
import { type Batch, type ByteSink, type ExportColumn, flatName, type TableFile } from './table-file.js';

export class ArrowTable implements TableFile {
  private readonly stream: ArrowStream;
  private begun = false;

  constructor(
    private readonly sink: ByteSink,
    columns: readonly ExportColumn[],
  ) {
    this.stream = new ArrowStream(
      columns.map((column) => ({ ...column, name: flatName(column) })),
      'file',
    );
  }

  async write(batch: Batch): Promise<void> {
    await this.begin();
    await this.sink.write(this.stream.batch(batch));
  }

  async finish(): Promise<void> {
    await this.begin();
    await this.sink.write(this.stream.end());
  }

  private async begin(): Promise<void> {
    if (this.begun) return;
    this.begun = true;
    await this.sink.write(this.stream.begin());
  }
}
