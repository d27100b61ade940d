import type { Message } from "../message";
import { type Dialog, dialogId } from "./dialog";

/** The dialogs of one user agent. Terminated ones leave it. */
export class DialogTable {
  private readonly dialogs = new Map<string, Dialog>();

  constructor(
    /** No more are made above this. */
    private readonly limit: number,
  ) {}

  get size(): number {
    return this.dialogs.size;
  }

  get isFull(): boolean {
    return this.dialogs.size >= this.limit;
  }

  add(dialog: Dialog): Dialog {
    this.dialogs.set(dialog.id, dialog);
    return dialog;
  }

  /** The dialog that an incoming request belongs to. */
  ofRequest(request: Message): Dialog | undefined {
    return this.dialogs.get(dialogId(request.callId, request.to.tag, request.from.tag));
  }

  /** The dialog that a response to a request of ours belongs to. */
  ofResponse(response: Message): Dialog | undefined {
    return this.dialogs.get(dialogId(response.callId, response.from.tag, response.to.tag));
  }

  end(dialog: Dialog): void {
    dialog.terminate();
    this.dialogs.delete(dialog.id);
  }
}
