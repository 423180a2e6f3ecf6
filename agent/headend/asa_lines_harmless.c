/* Lines of an ASA that change nothing about our job: accepted and kept, never obeyed. */

#include "agent/headend/asa_parse_private.h"

const AsaRule asa_lines_harmless[] = {
    { ASA_TOP, "ASA Version *", NULL, 0, NULL },
    { ASA_TOP, "boot|clock|console|dns|enable|ftp|history|http|icmp|mtu|pager|prompt|terminal *",
      NULL, ASA_IN_HARMLESS, NULL },
    { ASA_TOP, "logging|snmp-server|ssh|telnet|threat-detection|timeout|arp|asdm *", NULL,
      ASA_IN_HARMLESS, NULL },
    { ASA_TOP, "class-map|policy-map|service-policy|dhcpd|ntp|passwd *", NULL, ASA_IN_HARMLESS,
      NULL },
    { ASA_TOP, "names", NULL, 0, NULL },
    { ASA_TOP, "no *", NULL, ASA_IN_HARMLESS, NULL },
    { ASA_TOP, "ssl encryption|cipher|server-version|client-version|dh-group|ecdh-group *", NULL, 0,
      NULL },
    { ASA_TOP, "crypto ca certificate chain #", NULL, ASA_IN_HARMLESS, NULL },
    { ASA_TOP, "crypto ca trustpool *", NULL, 0, NULL },
    { ASA_TOP, "crypto ikev1 *", NULL, ASA_IN_HARMLESS, NULL },
    { ASA_TOP, "crypto ipsec ikev1 *", NULL, 0, NULL },
    { ASA_TOP, "aaa-server # protocol *", NULL, ASA_IN_HARMLESS, NULL },
    { ASA_IN_INTERFACE, "security-level #", NULL, 0, NULL },
    { ASA_IN_INTERFACE, "no shutdown", NULL, 0, NULL },
    { ASA_IN_INTERFACE, "no *", NULL, 0, NULL },
    { ASA_IN_INTERFACE, "description|speed|duplex|vlan|ipv6 *", NULL, 0, NULL },
    { ASA_IN_INTERFACE, "management-only", NULL, 0, NULL },
    { 0 },
};
