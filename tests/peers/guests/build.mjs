// Makes a component of `shop.js`, with the JavaScript engine StarlingMonkey in it.
import { componentize } from '@bytecodealliance/componentize-js';
import { writeFile } from 'node:fs/promises';

const { component } = await componentize({ sourcePath: 'shop.js', witPath: 'shop.wit', worldName: 'shop' });
await writeFile('javascript.wasm', component);
