package wire

import (
	"net/http"
	"strings"
)

// Smithy RPC v2 CBOR (spec data-streams §4).
const (
	headerProtocol = "Smithy-Protocol"
	protocolRPC    = "rpc-v2-cbor"
)

// isRPC reports whether a request is one of Smithy RPC v2: the header decides,
// whatever the path says.
func isRPC(r *http.Request) bool { return r.Header.Get(headerProtocol) == protocolRPC }

// rpcTarget returns the service and the operation that a request's path names,
// /service/<service>/operation/<operation>. One that has a target of the other
// protocols too names none.
func rpcTarget(r *http.Request) (prefix, name string) {
	rest, ok := strings.CutPrefix(r.URL.Path, "/service/")
	prefix, name, found := strings.Cut(rest, "/operation/")
	if !ok || !found || r.Header.Get("X-Amz-Target") != "" {
		return "", ""
	}
	return prefix, name
}
