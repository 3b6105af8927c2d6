// Certificates of lives with TLS, of keys on the curve P-256, valid from 2000 to 2120, so before and after anything
// that a life's clocks may show. The keys are no secrets: whoever has this file has them.
#pragma once

namespace fulmar::life_certificates {

// "O=Lives,CN=Lives CA"; signed the brokers' and the worker's.
inline constexpr char authority[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBeTCCAR+gAwIBAgIBATAKBggqhkjOPQQDAjAjMREwDwYDVQQDDAhMaXZlcyBD\n"
    "QTEOMAwGA1UECgwFTGl2ZXMwIBcNMDAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAw\n"
    "MDBaMCMxETAPBgNVBAMMCExpdmVzIENBMQ4wDAYDVQQKDAVMaXZlczBZMBMGByqG\n"
    "SM49AgEGCCqGSM49AwEHA0IABHAb+yul2YIIvCtfbrFK/SF5zS766Ap1wR0PYv3x\n"
    "tIVgGmgIGt9xS6loKLbjK2D90Xz7mT8e5BwKUwsSJf8pKRyjQjBAMA8GA1UdEwEB\n"
    "/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgEGMB0GA1UdDgQWBBTof6/B8iaNokjUTjPy\n"
    "AKSdiBaBDTAKBggqhkjOPQQDAgNIADBFAiEAlsccJPPgQq92nL/sevFaZfOKX19X\n"
    "qHUVUn0cmbJHrzQCIGfrMj73CiTbSo+7JZ+yqbQzcMIpwkLazn5mYwq7qynV\n"
    "-----END CERTIFICATE-----\n";

// "O=Lives,CN=broker", for 10.0.0.1 to 10.0.0.15: all brokers that a life can have.
inline constexpr char broker_certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIB3zCCAYSgAwIBAgIBAjAKBggqhkjOPQQDAjAjMREwDwYDVQQDDAhMaXZlcyBD\n"
    "QTEOMAwGA1UECgwFTGl2ZXMwIBcNMDAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAw\n"
    "MDBaMCExDzANBgNVBAMMBmJyb2tlcjEOMAwGA1UECgwFTGl2ZXMwWTATBgcqhkjO\n"
    "PQIBBggqhkjOPQMBBwNCAAS6TFthApfPh3KsAD6sGnDZ9kiw7yMlmDrGSvkYgqBk\n"
    "Gj75FJTuBleoGpWYXTh4kg2JHoUzLsu6aDEOj0rSnlXXo4GoMIGlMGMGA1UdEQRc\n"
    "MFqHBAoAAAGHBAoAAAKHBAoAAAOHBAoAAASHBAoAAAWHBAoAAAaHBAoAAAeHBAoA\n"
    "AAiHBAoAAAmHBAoAAAqHBAoAAAuHBAoAAAyHBAoAAA2HBAoAAA6HBAoAAA8wHQYD\n"
    "VR0OBBYEFHGJ8T+EOEzrfEeK0XAK/hRSRAE2MB8GA1UdIwQYMBaAFOh/r8HyJo2i\n"
    "SNROM/IApJ2IFoENMAoGCCqGSM49BAMCA0kAMEYCIQDbVFzCTj0oAAPbD2xrj04D\n"
    "xpHRjeMJWKOD/mzx0i6szAIhAJzx8G8c7+izrvNpYq1bJRibzCdiie296wzmsgsa\n"
    "eFvq\n"
    "-----END CERTIFICATE-----\n";

inline constexpr char broker_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgHpZQGQHz14moCvKw\n"
    "5MBT4NWdngm2b4+3LMe9vmW4hrOhRANCAAS6TFthApfPh3KsAD6sGnDZ9kiw7yMl\n"
    "mDrGSvkYgqBkGj75FJTuBleoGpWYXTh4kg2JHoUzLsu6aDEOj0rSnlXX\n"
    "-----END PRIVATE KEY-----\n";

// "O=Lives,CN=worker": the life's clients.
inline constexpr char worker_certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBgzCCASigAwIBAgIBAzAKBggqhkjOPQQDAjAjMREwDwYDVQQDDAhMaXZlcyBD\n"
    "QTEOMAwGA1UECgwFTGl2ZXMwIBcNMDAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAw\n"
    "MDBaMCExDzANBgNVBAMMBndvcmtlcjEOMAwGA1UECgwFTGl2ZXMwWTATBgcqhkjO\n"
    "PQIBBggqhkjOPQMBBwNCAATvCI1d6uUzrRV0i65sws9nm1TzTMXR68ApCkiDmgLz\n"
    "dGlO1zEdYnFF+pNCkFc3g5+qSc37aBLXb56kS2k/cusqo00wSzAJBgNVHRMEAjAA\n"
    "MB0GA1UdDgQWBBSkcGtn/yKmR2Rv15aoGK62Dkra8jAfBgNVHSMEGDAWgBTof6/B\n"
    "8iaNokjUTjPyAKSdiBaBDTAKBggqhkjOPQQDAgNJADBGAiEA3xHZyKlWMFbGC+pG\n"
    "AOosbdGzR7pqnCl/0ZXXAAlFi94CIQCSaKIT0KtpvANf6jyX2FLiz34iFaeCyE6A\n"
    "1kObRm0TIA==\n"
    "-----END CERTIFICATE-----\n";

inline constexpr char worker_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgI+wQ23n5sNu919UV\n"
    "a+eY+bMOgPno2YZKs1hMFAz/3KahRANCAATvCI1d6uUzrRV0i65sws9nm1TzTMXR\n"
    "68ApCkiDmgLzdGlO1zEdYnFF+pNCkFc3g5+qSc37aBLXb56kS2k/cusq\n"
    "-----END PRIVATE KEY-----\n";

// Also "O=Lives,CN=worker", but signed by itself: nobody trusts it.
inline constexpr char foreign_certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBYDCCAQWgAwIBAgIBBDAKBggqhkjOPQQDAjAhMQ8wDQYDVQQDDAZ3b3JrZXIx\n"
    "DjAMBgNVBAoMBUxpdmVzMCAXDTAwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAw\n"
    "WjAhMQ8wDQYDVQQDDAZ3b3JrZXIxDjAMBgNVBAoMBUxpdmVzMFkwEwYHKoZIzj0C\n"
    "AQYIKoZIzj0DAQcDQgAEOZ035jg/4+AAai0LTkHESv9lQ3OcjCOGhGYES5pqcvPk\n"
    "3DsD89Aw7OyvaPVVhsVMc7J57d5N3eVjWis7p6rj16MsMCowCQYDVR0TBAIwADAd\n"
    "BgNVHQ4EFgQU0OeQr+dJui0vQPmf8HKpjzQqPXMwCgYIKoZIzj0EAwIDSQAwRgIh\n"
    "AMApD3VpvJj16t3Zmp4sQq3F5Fi89DHgCxo/GHCRmofQAiEAxRneZAlNJ7pcei98\n"
    "h0/WZ0pOIJaIsFr+CH4BtZP1LHM=\n"
    "-----END CERTIFICATE-----\n";

inline constexpr char foreign_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgbwTqX44sYLVourfC\n"
    "3IwwC7Q2RifoMjk5k91Bnx3ETA+hRANCAAQ5nTfmOD/j4ABqLQtOQcRK/2VDc5yM\n"
    "I4aEZgRLmmpy8+TcOwPz0DDs7K9o9VWGxUxzsnnt3k3d5WNaKzunquPX\n"
    "-----END PRIVATE KEY-----\n";

}  // namespace fulmar::life_certificates
