/** Which addresses are those of the public internet. */
import ipaddr from 'ipaddr.js';

/** All other addresses of version 6 are reserved, or stand for one of version 4. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** False for private, loopback, link-local, multicast and reserved ones, also where version 6 stands for one of version 4. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  // IPv4 that is mapped to IPv6 becomes what it is.
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_IPV6);
}
