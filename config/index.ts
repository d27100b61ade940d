/** The typed environment: what the rest of the project may use of config/. */
export type * from "./environment";
