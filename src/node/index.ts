export { type Answer, askNodes, type Request } from './ask.ts';
export { type Command, type Ending, runChild } from './child.ts';
export { patiently } from './descriptors.ts';
export { answerDetails } from './details.ts';
export { nodeOption, nodeTrouble, requestOf, wayOptions } from './options.ts';
export { keepAnswers, mostSaved, notShared, type Saved, saveAnswers } from './save.ts';
export { type NodeSpec, parseNodeSpec, type Target } from './spec.ts';
