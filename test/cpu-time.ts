/** CPU time of this process in milliseconds: unlike wall time it does not pass while others use the machine. */
export function cpuMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
