/**
 * Whether an INVITE asks the phone to answer by itself and at once: `Call-Info: <…>;answer-after=0` or
 * `Alert-Info: <…>;info=alert-autoanswer`.
 */
export function asksForAnswer(headers: {
  readonly callInfo: readonly string[];
  readonly alertInfo: readonly string[];
}): boolean {
  return (
    headers.callInfo.some((value) => /;\s*answer-after\s*=\s*0\s*(?:[;,]|$)/i.test(value)) ||
    headers.alertInfo.some((value) => /(?:^|;)\s*info\s*=\s*"?alert-autoanswer"?\s*(?:[;,]|$)/i.test(value))
  );
}
