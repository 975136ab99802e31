/** What an element holds; null leaves it out, and a list becomes `<item>`s, as EC2 has it. */
export type Xml =
  string | number | boolean | null | undefined | Date | readonly Xml[] | { readonly [name: string]: Xml };

const NAMESPACE = 'http://ec2.amazonaws.com/doc/2016-11-15/';

/** The body of an answer: `<RunInstancesResponse xmlns=…>`. */
export function answerXml(action: string, requestId: string, body: Readonly<Record<string, Xml>>): string {
  const content = elements({ requestId, ...body });
  return document(`<${action}Response xmlns="${NAMESPACE}">${content}</${action}Response>`);
}

/** The body of an error, which has no namespace. */
export function errorXml(code: string, message: string, requestId: string): string {
  const content = elements({ Errors: { Error: { Code: code, Message: message } }, RequestID: requestId });
  return document(`<Response>${content}</Response>`);
}

function document(root: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}`;
}

function elements(content: Readonly<Record<string, Xml>>): string {
  return Object.entries(content)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `<${name}>${text(value)}</${name}>`)
    .join('');
}

function text(value: Xml): string {
  if (value instanceof Date) return value.toISOString();
  if (isList(value)) return value.map((item) => elements({ item })).join('');
  if (typeof value === 'object' && value !== null) return elements(value);
  return escape(String(value));
}

function isList(value: Xml): value is readonly Xml[] {
  return Array.isArray(value);
}

function escape(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
