/** A shell script, imported as its text: the build and the tests load it that way. */
declare module '*.sh' {
  const text: string;
  export default text;
}
