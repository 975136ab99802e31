/**
 * A text in JSON quotes, with escapes for all that a terminal would act on and YAML does not count as printable. Such a
 * text is also a YAML scalar.
 */
export function quoteText(text: string): string {
  return JSON.stringify(text).replace(/[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
