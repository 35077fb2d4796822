/** Gathers the messages of one turn of the event loop into one: posting costs more than most messages do. */
export class Outbox<Message> {
  readonly #post: (messages: readonly Message[]) => void;
  #messages: Message[] = [];

  constructor(post: (messages: readonly Message[]) => void) {
    this.#post = post;
  }

  post(message: Message): void {
    this.#messages.push(message);
    if (this.#messages.length > 1) return;
    queueMicrotask(() => {
      const messages = this.#messages;
      this.#messages = [];
      this.#post(messages);
    });
  }
}
