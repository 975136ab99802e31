/** The words of each line that a program on stdin says, up to its `done`. @throws Error where it is no complete answer */
export function answerLines(output: string, nonce: string): string[][] {
  const hello = helloOf(nonce);
  const start = output.indexOf(hello);
  const text = output.slice(start + hello.length);
  if (start === -1 || !/(^|\n)done\n$/.test(text)) throw new Error('the instance gave no complete answer');
  return text.split('\n').map((line) => line.split(' '));
}

/** What the login shell says before the program begins. */
export function noiseBefore(output: string, nonce: string): string {
  return output.slice(0, Math.max(0, output.indexOf(helloOf(nonce))));
}

function helloOf(nonce: string): string {
  return `SPOT1 ${nonce}\n`;
}
