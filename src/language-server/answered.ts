import {
  type DataCallback,
  type Disposable,
  ErrorCodes,
  Message,
  type NotificationMessage,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import { MessageInput } from './message-input.js';

/** The two ends of a connection, which ends when everything that was asked has its answer. */
export interface AnsweredStreams {
  readonly reader: StreamMessageReader;
  readonly writer: StreamMessageWriter;
  /** Resolves once the input is at its end and all answers are written. */
  readonly ended: Promise<void>;
}

/** Reads messages of one stream and writes answers to another. An editor may close its end right behind its last request. */
export function answeredStreams(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): AnsweredStreams {
  const asked = new Set<number | string | null>();
  let delivered = 0;
  let isAtEnd = false;
  let end: (() => void) | undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const waiting: (() => void)[] = [];
  const look = () => {
    if (asked.size > 0) return;
    for (const go of waiting.splice(0)) go();
    if (isAtEnd && delivered === messages.passed) end?.();
  };

  class Writer extends StreamMessageWriter {
    override async write(message: Message): Promise<void> {
      await super.write(message);
      if (!Message.isResponse(message)) return;
      asked.delete(message.id);
      look();
    }
  }

  class Reader extends StreamMessageReader {
    override listen(callback: DataCallback): Disposable {
      return super.listen((message) => {
        delivered++;
        if (Message.isRequest(message)) asked.add(message.id);
        // It ends the process at once.
        if (Message.isNotification(message) && isExit(message)) waiting.push(() => callback(message));
        else callback(message);
        look();
      });
    }
  }

  const writer = new Writer(output);
  const messages = new MessageInput((message) => {
    const refused = { jsonrpc: '2.0', id: null, error: { code: ErrorCodes.InvalidRequest, message } };
    void writer.write(refused as Message);
  });
  const reader = new Reader(messages);
  reader.onError(() => {
    delivered++;
    look();
  });
  messages.once('end', () => {
    isAtEnd = true;
    look();
  });
  input.once('close', () => messages.end());
  input.pipe(messages);
  return { reader, writer, ended };
}

function isExit({ method }: NotificationMessage): boolean {
  return method === 'exit';
}
