// DistinguishedName: the subject of a certificate as Java prints it, "CN=alice,OU=ops,O=Example,C=DE": RFC 2253, the
// most specific part first. What Kafka calls such a client, and what mapping rules are written for.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"

struct X509_name_st;

namespace fulmar {

// Keywords for CN, C, L, ST, O, OU, STREET, DC and UID; other types as numbers with their DER in hexadecimal. Takes any
// name: nothing in it is trusted. At most some times as long as the DER.
std::string distinguished_name(const X509_name_st& name);
// The same of a name's DER. Errors: corrupt.
Result<std::string> distinguished_name(std::string_view der);

}  // namespace fulmar
