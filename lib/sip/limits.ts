/** Bounds on what is accepted from the network. Sizes are in bytes. */
export interface Limits {
  /** Whole message, head and body. @default 65536 */
  readonly message: number;
  /** Header rows of one message. @default 256 */
  readonly headers: number;
  /** One header row, folded lines included. @default 8192 */
  readonly headerLine: number;
  /** Request-URI. @default 2048 */
  readonly uri: number;
}

export const defaultLimits: Limits = { message: 65_536, headers: 256, headerLine: 8_192, uri: 2_048 };
