// Certificates for tests, of keys on the curve P-256; valid from 2000 to 2120 unless said otherwise. The keys are no
// secrets: whoever has this file has them.
#pragma once

namespace fulmar::test_certificates {

// "CN=Test CA,O=Test"; signed the others, but the stranger's.
inline constexpr char test_ca[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBdTCCARugAwIBAgIBBTAKBggqhkjOPQQDAjAhMQ0wCwYDVQQKDARUZXN0MRAw\n"
    "DgYDVQQDDAdUZXN0IENBMCAXDTAwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAw\n"
    "WjAhMQ0wCwYDVQQKDARUZXN0MRAwDgYDVQQDDAdUZXN0IENBMFkwEwYHKoZIzj0C\n"
    "AQYIKoZIzj0DAQcDQgAEMjRaDr3dUTNrSszIbWjnS796DIecIsp1hUu9iy859EuJ\n"
    "ht5z7Aigfsjzlk/XBOI9nlc8LB/5kdbnARM842yWFaNCMEAwDwYDVR0TAQH/BAUw\n"
    "AwEB/zAOBgNVHQ8BAf8EBAMCAQYwHQYDVR0OBBYEFIea5JKqNHnq70tWyiSomZyd\n"
    "H+1UMAoGCCqGSM49BAMCA0gAMEUCIQDvYLwy/45rurpfXB6aTV1bz5Mu/3RhMksl\n"
    "aUNvqbX5fgIgLVVKxuMS8sWqhJh+x9OeOv6cdLz7Rw9CmQPj6PpZeuM=\n"
    "-----END CERTIFICATE-----\n";

// "CN=broker,O=Test,C=DE", for broker.example, localhost, broker1 to broker3, 127.0.0.1 and 10.0.0.1 to 10.0.0.8.
inline constexpr char server_certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIB+jCCAaCgAwIBAgIBCTAKBggqhkjOPQQDAjAhMQ0wCwYDVQQKDARUZXN0MRAw\n"
    "DgYDVQQDDAdUZXN0IENBMCAXDTAwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAw\n"
    "WjAtMQswCQYDVQQGEwJERTENMAsGA1UECgwEVGVzdDEPMA0GA1UEAwwGYnJva2Vy\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEIvtCxmpA2GgGa3W82FyDGQFXhJNy\n"
    "7O6brtXoRcIK6tAK99Jpc9a9mENMGztKuHFpROXPe8lCt+AyILENYyL9/6OBujCB\n"
    "tzB1BgNVHREEbjBsgg5icm9rZXIuZXhhbXBsZYIJbG9jYWxob3N0ggdicm9rZXIx\n"
    "ggdicm9rZXIyggdicm9rZXIzhwR/AAABhwQKAAABhwQKAAAChwQKAAADhwQKAAAE\n"
    "hwQKAAAFhwQKAAAGhwQKAAAHhwQKAAAIMB0GA1UdDgQWBBQLPLV2gBOP6EYHvZwn\n"
    "AlnHTzKvUDAfBgNVHSMEGDAWgBSHmuSSqjR56u9LVsokqJmcnR/tVDAKBggqhkjO\n"
    "PQQDAgNIADBFAiEAjsTYYvsrQuxDlYKKQKPOspDSrpVuecIsn7QAnqNAPmsCIDpd\n"
    "V/Fgljtv0H9wZ5ch4aDnkO8sNbnjAG4+ocHWHgTO\n"
    "-----END CERTIFICATE-----\n";

inline constexpr char server_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgI++/6IgJTB1d9PAt\n"
    "2IGEPgPB/7nWZA2izeEWj6hWywuhRANCAAQi+0LGakDYaAZrdbzYXIMZAVeEk3Ls\n"
    "7puu1ehFwgrq0Ar30mlz1r2YQ0wbO0q4cWlE5c97yUK34DIgsQ1jIv3/\n"
    "-----END PRIVATE KEY-----\n";

// "CN=alice,OU=Clients,O=Test,C=DE".
inline constexpr char client_certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBrDCCAVKgAwIBAgIBBzAKBggqhkjOPQQDAjAhMQ0wCwYDVQQKDARUZXN0MRAw\n"
    "DgYDVQQDDAdUZXN0IENBMCAXDTAwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAw\n"
    "WjA+MQswCQYDVQQGEwJERTENMAsGA1UECgwEVGVzdDEQMA4GA1UECwwHQ2xpZW50\n"
    "czEOMAwGA1UEAwwFYWxpY2UwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASwc78H\n"
    "wQ5zqZOt4V0wXPnxOyJs5AT+OQUhsumYHasXkRSSA1jffhiFCLXrzHsAWFpAYg+k\n"
    "59zqucuTb+zVTmJro1wwWjAYBgNVHREEETAPgg1hbGljZS5leGFtcGxlMB0GA1Ud\n"
    "DgQWBBQrJfoTAtJG5i1G4S1szM62613WAjAfBgNVHSMEGDAWgBSHmuSSqjR56u9L\n"
    "VsokqJmcnR/tVDAKBggqhkjOPQQDAgNIADBFAiB0x9dQcwUA/j1Z3pMQqNJfmbAn\n"
    "4Q7BPjYTga5IMFUl3QIhAMLYyZh7ZsRiSxxybMlNjskYJks3i/eIhuwcearvCGPQ\n"
    "-----END CERTIFICATE-----\n";

inline constexpr char client_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgxIAYh6vaYyv0y/8E\n"
    "ONvey2BF3eXtW/B4JLHGALeSDXqhRANCAASwc78HwQ5zqZOt4V0wXPnxOyJs5AT+\n"
    "OQUhsumYHasXkRSSA1jffhiFCLXrzHsAWFpAYg+k59zqucuTb+zVTmJr\n"
    "-----END PRIVATE KEY-----\n";

// "CN=old,O=Test", for broker.example; until 2010.
inline constexpr char expired_certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBijCCATCgAwIBAgIBCDAKBggqhkjOPQQDAjAhMQ0wCwYDVQQKDARUZXN0MRAw\n"
    "DgYDVQQDDAdUZXN0IENBMB4XDTAwMDEwMTAwMDAwMFoXDTEwMDEwMTAwMDAwMFow\n"
    "HTENMAsGA1UECgwEVGVzdDEMMAoGA1UEAwwDb2xkMFkwEwYHKoZIzj0CAQYIKoZI\n"
    "zj0DAQcDQgAEaCHID8cN8Z1rCHCB6tBeBZDdXw5AALGNZnpzG4b1E9aoNG3NzefA\n"
    "PvRnUVsMcgyiTZROUr8XJwgag8XnEwE+TKNdMFswGQYDVR0RBBIwEIIOYnJva2Vy\n"
    "LmV4YW1wbGUwHQYDVR0OBBYEFLMjtqUHSnbZp1VpNI+Ml1eFKhe0MB8GA1UdIwQY\n"
    "MBaAFIea5JKqNHnq70tWyiSomZydH+1UMAoGCCqGSM49BAMCA0gAMEUCIG8UduLe\n"
    "ttBe11KYKgTs97Q6fhL6u0xMbvEJl0USfv0OAiEAgq2n7EFVQ+z8hPqe8yb/YPzE\n"
    "NFkiAu6qD/BzT4ViZhU=\n"
    "-----END CERTIFICATE-----\n";

inline constexpr char expired_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgq1UTovwSHiDWdj8l\n"
    "HD8UGlKRRlfLMR79uuwcv87gyjahRANCAARoIcgPxw3xnWsIcIHq0F4FkN1fDkAA\n"
    "sY1menMbhvUT1qg0bc3N58A+9GdRWwxyDKJNlE5SvxcnCBqDxecTAT5M\n"
    "-----END PRIVATE KEY-----\n";

// "CN=mallory", signed by itself.
inline constexpr char stranger_certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBezCCASGgAwIBAgIUdwljYwUJzUS5jyFnlbKpmLfjyTAwCgYIKoZIzj0EAwIw\n"
    "EjEQMA4GA1UEAwwHbWFsbG9yeTAgFw0yNjExMzAxMTUzMDBaGA8yMTI2MTEwNjEx\n"
    "NTMwMFowEjEQMA4GA1UEAwwHbWFsbG9yeTBZMBMGByqGSM49AgEGCCqGSM49AwEH\n"
    "A0IABL3w/5SXRnBbPFwP7ygQyAwbcg+gUTDzkDXLI+ol+uibEn8F2cEu94SMXFbb\n"
    "EQbKIBeBUXKb9rcTMSma4hpmXn6jUzBRMB0GA1UdDgQWBBTWVOtUUjGZZ39BKKsG\n"
    "QjcSzSMAizAfBgNVHSMEGDAWgBTWVOtUUjGZZ39BKKsGQjcSzSMAizAPBgNVHRMB\n"
    "Af8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIAMfITVherRArt0IXh2n27LjUdud\n"
    "sh4OL168KPHeWdpnAiEA8i88TQSDIEGUtBcoxKhmQUnh0YlFl7esFla8BXkmPsU=\n"
    "-----END CERTIFICATE-----\n";

inline constexpr char stranger_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg1rh6HAxJdgEdVFjj\n"
    "/tjGIK29xoVG57qZhfSVhtfimC6hRANCAAS98P+Ul0ZwWzxcD+8oEMgMG3IPoFEw\n"
    "85A1yyPqJfromxJ/BdnBLveEjFxW2xEGyiAXgVFym/a3EzEpmuIaZl5+\n"
    "-----END PRIVATE KEY-----\n";

}  // namespace fulmar::test_certificates
