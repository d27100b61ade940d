import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { z } from "zod";
import { CallError } from "../calls/calls";
import { DatabaseAway } from "../database/database";

/** Every code of an answer that is an error, and the HTTP status that goes with it. */
export const statusOf = {
  /** The body is no JSON. */
  BODY_INVALID: 400,
  /** No key or token, or none that is good. */
  UNAUTHORIZED: 401,
  /** The key or token is good, and not for this. */
  FORBIDDEN: 403,
  /** The signed address is not of our making, or has run out. */
  SIGNATURE: 403,
  NUMBER_FORBIDDEN: 403,
  NOT_FOUND: 404,
  CALL_NOT_FOUND: 404,
  /** What was asked for does not fit how things are. */
  CONFLICT: 409,
  CALL_STATE: 409,
  UNAVAILABLE: 409,
  BODY_TOO_LARGE: 413,
  MEDIA_TYPE: 415,
  /** `fields` has every fault of path, query and body. */
  VALIDATION: 422,
  NUMBER_INVALID: 422,
  TOO_MANY_GUESSES: 429,
  TOO_MANY_CALLS: 429,
  INTERNAL: 500,
  /** Asterisk can't be reached, or did not do it. */
  ASTERISK: 502,
  /** The database can't be reached. */
  DATABASE: 503,
  /** Too many listeners, or the service is being stopped. */
  BUSY: 503,
} as const satisfies Readonly<Record<string, number>>;

export type ErrorCode = keyof typeof statusOf;

/** One fault of what was sent. */
export interface Fault {
  /** `body.phone_number` */
  readonly field: string;
  readonly message: string;
}

/** The one shape of answers that are errors. */
export const errorSchema = z
  .object({
    error: z.object({
      code: z.enum(Object.keys(statusOf) as [ErrorCode, ...ErrorCode[]]).meta({
        description: "For programs: it stays when the words change.",
      }),
      message: z.string().meta({ description: "One sentence, with a way out where there is one." }),
      fields: z
        .array(z.object({ field: z.string(), message: z.string() }))
        .optional()
        .meta({ description: "With VALIDATION: every fault of path, query and body." }),
    }),
  })
  .meta({
    id: "Error",
    description: "Every answer that is an error has this shape.",
    examples: [
      { error: { code: "CALL_NOT_FOUND", message: "no call 1700000000.12: it has ended, or never was" } },
    ],
  });

/** An answer that is an error. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
    readonly fields?: readonly Fault[],
  ) {
    super(message);
  }

  get status(): number {
    return statusOf[this.code];
  }

  body(): z.input<typeof errorSchema> {
    const { code, message, fields } = this;
    return { error: { code, message, ...(fields && { fields: [...fields] }) } };
  }
}

/** fastify's own refusals, by their codes. */
const ofFastify: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: ["BODY_INVALID", "the body is not JSON"],
  FST_ERR_CTP_EMPTY_JSON_BODY: ["BODY_INVALID", "the body is empty: JSON is expected"],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    "BODY_INVALID",
    "the body has another length than Content-Length says",
  ],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ["MEDIA_TYPE", "the body must be JSON: Content-Type: application/json"],
  FST_ERR_CTP_BODY_TOO_LARGE: ["BODY_TOO_LARGE", "the body is too large"],
  FST_ERR_MAX_PARAM_LENGTH: ["NOT_FOUND", "a part of the path is too long to be an id"],
  FST_ERR_BAD_URL: ["NOT_FOUND", "the path can't be read"],
};

/** What the caller of the API is told of an error. INTERNAL tells nothing but that: the log has the rest. */
export function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof CallError) return new ApiError(error.code, error.message);
  if (error instanceof DatabaseAway) {
    return new ApiError("DATABASE", "the database can't be reached now: try again", { "Retry-After": "5" });
  }
  if (hasZodFastifySchemaValidationErrors(error)) return validationError(error);
  const known = ofFastify[(error as { code?: string }).code ?? ""];
  if (known !== undefined) return new ApiError(...known);
  // An empty code is what a JSON parser's own error has (RFC 8259), and hostile members such as __proto__.
  if ((error as { statusCode?: number }).statusCode === 400) {
    return new ApiError("BODY_INVALID", "the body is not JSON that can be taken");
  }
  return new ApiError("INTERNAL", "something went wrong here: the service's log says what");
}

function validationError(error: {
  readonly validation: readonly { readonly instancePath: string; readonly message?: string }[];
  readonly validationContext?: string;
}): ApiError {
  const context = error.validationContext === "querystring" ? "query" : (error.validationContext ?? "body");
  const fields = error.validation.map(({ instancePath, message = "is not valid" }) => ({
    field: [context, ...instancePath.split("/").filter((part) => part !== "")].join("."),
    message,
  }));
  const said = fields.map(({ field, message }) => `${field}: ${message}`).join("; ");
  return new ApiError("VALIDATION", said.slice(0, 1_000), {}, fields.slice(0, 50));
}
