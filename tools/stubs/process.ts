/**
 * The process as execa sees it, without its streams: execa asks for them when it is loaded, which opens all three and
 * takes 2 ms, and they serve an option that no child of ours is started with.
 */
const own = Object.create(process, {
  stdin: { value: undefined },
  stdout: { value: undefined },
  stderr: { value: undefined },
});
export default own;
export const { execArgv, execPath, hrtime, platform } = process;
