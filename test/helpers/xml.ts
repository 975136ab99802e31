import { execFileSync } from 'node:child_process';

export interface XmlElement {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** before its first child, trimmed where it has children */
  readonly text: string;
  readonly children: readonly XmlElement[];
}

const READER = `
import json, sys, xml.etree.ElementTree as tree
def of(node):
    text = node.text or ""
    return {"tag": node.tag, "attributes": node.attrib, "text": text.strip() if len(node) else text,
            "children": [of(child) for child in node]}
json.dump(of(tree.fromstring(sys.stdin.buffer.read())), sys.stdout)
`;

/** XML as a parser reads it that knows nothing of ours. Ask `requireProgram('python3')` first. @throws Error for what is none */
export function readXml(xml: string): XmlElement {
  return JSON.parse(execFileSync('python3', ['-c', READER], { input: xml, encoding: 'utf8' })) as XmlElement;
}
