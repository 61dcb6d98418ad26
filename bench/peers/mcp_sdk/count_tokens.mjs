// Reads a JSON list of texts, prints how many o200k tokens each of them is.
import { pathToFileURL } from "node:url";

const encoding = `${process.argv[2]}/gpt-tokenizer/esm/encoding/o200k_base.js`;
const { countTokens } = await import(pathToFileURL(encoding));
let input = "";
for await (const chunk of process.stdin) input += chunk;
console.log(JSON.stringify(JSON.parse(input).map((text) => countTokens(text))));
