export { type Answer, askNodes, type Request } from './ask.ts';
export { nodeOption, nodeTrouble, requestOf, wayOptions } from './options.ts';
export { type NodeSpec, parseNodeSpec, type Target } from './spec.ts';
