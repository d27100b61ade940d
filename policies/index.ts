import { databaseNotExposed } from "./database-not-exposed";
import { noLatestImage } from "./no-latest-image";
import { noPublicListenerWithoutTls } from "./no-public-listener-without-tls";
import type { Policy } from "./policy";

/** The rules in force. A new one is a file beside this and a line here. */
export const policies: readonly Policy[] = [noPublicListenerWithoutTls, databaseNotExposed, noLatestImage];
