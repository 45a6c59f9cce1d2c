/** The colours and signs of execa's `verbose`, which nothing here switches on. */
const plain = (text: string): string => text;

export { plain as bold, plain as gray, plain as redBright, plain as yellowBright };
export default { tick: '', cross: '', warning: '' };
