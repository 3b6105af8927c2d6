package check

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"os"
)

// Security is how a client connects by SASL_SSL.
type Security struct {
	Mechanism, User, Password string
	TLS                       *tls.Config
}

// Secured is what FULMAR_PEER_SECURITY says (see ../../secured.py); nil: connections are in plain text.
func Secured() *Security {
	text := os.Getenv("FULMAR_PEER_SECURITY")
	if text == "" {
		return nil
	}
	var told struct{ Mechanism, User, Password, Authority string }
	No(json.Unmarshal([]byte(text), &told), "FULMAR_PEER_SECURITY")
	authority, err := os.ReadFile(told.Authority)
	No(err, "the authority's certificate")
	trusted := x509.NewCertPool()
	That(trusted.AppendCertsFromPEM(authority), "an authority is trusted")
	return &Security{told.Mechanism, told.User, told.Password, &tls.Config{RootCAs: trusted}}
}
