package wire

import (
	"context"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
)

// A client that does not know that a server speaks HTTP/2 may offer in a request
// of HTTP/1.1 to change over to it. The answer is 101, and then the connection
// is one of HTTP/2 whose first stream has had this request (RFC 7540 §3.2).
//
// net/http serves HTTP/2 only to those who begin with it. So the connection is
// taken from it and accepted anew, and on the new one the client seems to begin
// with HTTP/2: see upgradedConn. Whatever holds for HTTP/2, from the bounds of
// a connection to Shutdown, so holds for it too.

// serverKey is where a context has the *Server that can change connections over.
type serverKey struct{}

// upgradedKey is where a context has the *upgradedConn that a request came on.
type upgradedKey struct{}

func (s *Server) withServer(net.Listener) context.Context {
	return context.WithValue(context.Background(), serverKey{}, s)
}

func withUpgraded(ctx context.Context, conn net.Conn) context.Context {
	if c, ok := conn.(*upgradedConn); ok {
		ctx = context.WithValue(ctx, upgradedKey{}, c)
	}
	return ctx
}

// offered returns who can change the connection of r over and the settings that
// its client begins with, or nil when the client does not offer it, or not
// properly. A request like that is answered in HTTP/1.1.
func offered(r *http.Request) (*Server, []byte) {
	if r.Header["Upgrade"] == nil || !r.ProtoAtLeast(1, 1) || !hasToken(r.Header["Upgrade"], "h2c") ||
		!hasToken(r.Header["Connection"], "Upgrade") || !hasToken(r.Header["Connection"], "HTTP2-Settings") {
		return nil, nil
	}
	if len(r.Header["Http2-Settings"]) != 1 || len(r.Method) > maxMethodBytes {
		return nil, nil
	}
	settings, err := base64.RawURLEncoding.DecodeString(r.Header["Http2-Settings"][0])
	if err != nil || len(settings)%settingBytes != 0 || len(settings) > maxSettingsBytes {
		return nil, nil
	}
	s, _ := r.Context().Value(serverKey{}).(*Server)
	return s, settings
}

// hasToken reports whether a header of comma-separated tokens has this one, in
// whatever case.
func hasToken(values []string, token string) bool {
	return slices.ContainsFunc(values, func(value string) bool {
		for one := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(one), token) {
				return true
			}
		}
		return false
	})
}

// upgrade changes the connection of r over to HTTP/2 if its client offers that,
// and reports whether r is done with. Otherwise it returns the request to
// answer: on a connection that was changed over the one that came with the
// offer, in place of the call that stands for it.
//
// The body has to be read before (RFC 7540 §3.2); how that may fail does not
// depend on the offer.
func (h *handler) upgrade(w http.ResponseWriter, r *http.Request) (rest *http.Request, done bool) {
	if r.ProtoMajor == 2 {
		return carried(r), false
	}
	server, settings := offered(r)
	if server == nil {
		return r, false
	}
	b, err := h.receive(w, r)
	if err != nil {
		h.bodyFailed(w, r, err)
		return nil, true
	}
	kept := *r
	kept.Body = &keptBody{body: b}
	return &kept, server.changeOver(w, &kept, settings)
}

// keptBody is the body of a request that was read before it is served. Whoever
// serves it closes it.
type keptBody struct {
	body *body // nil when closed or adopted
	read int
}

func (k *keptBody) Read(p []byte) (int, error) {
	if k.body == nil {
		return 0, http.ErrBodyReadAfterClose
	}
	if k.read == len(k.body.bytes) {
		return 0, io.EOF
	}
	n := copy(p, k.body.bytes[k.read:])
	k.read += n
	return n, nil
}

// adopt returns the body, which is the caller's from now on.
func (k *keptBody) adopt() *body {
	b := k.body
	k.body = nil
	return b
}

func (k *keptBody) Close() error {
	if b := k.adopt(); b != nil {
		b.drop()
	}
	return nil
}

// changeOver has the connection of r, whose body was kept, go on in HTTP/2, with
// r as its first call, and reports whether it does. If so w is of no use, and r
// somebody else's.
func (s *Server) changeOver(w http.ResponseWriter, r *http.Request, settings []byte) bool {
	h := &handover{Listener: s.listener, w: w, request: r, settings: settings}
	_ = s.http.Serve(h) // says that there is no second connection, or that it is shutting down
	return h.conn != nil
}

// handover is a listener that accepts one connection, which it takes from
// net/http only then. So a Shutdown waits for it at every moment: net/http asks
// no listener once it is shutting down, and waits for those that it is asking.
type handover struct {
	net.Listener // for its address
	w            http.ResponseWriter
	request      *http.Request
	settings     []byte
	conn         *upgradedConn // once it was accepted
}

func (h *handover) Accept() (net.Conn, error) {
	if h.conn != nil {
		return nil, net.ErrClosed
	}
	conn, buffers, err := http.NewResponseController(h.w).Hijack()
	if err != nil {
		return nil, err
	}
	early, _ := buffers.Reader.Peek(buffers.Reader.Buffered()) // in a hurry, the client may not have waited
	h.conn = newUpgradedConn(conn, early, h.request, h.settings)
	return h.conn, nil
}

// Close leaves the server's listener alone.
func (h *handover) Close() error { return nil }

// carried returns the request that r's connection was changed over with, if r
// stands for it, and otherwise r.
func carried(r *http.Request) *http.Request {
	c, ok := r.Context().Value(upgradedKey{}).(*upgradedConn)
	if !ok {
		return r
	}
	first := c.take()
	if first == nil {
		return r
	}
	first = first.WithContext(r.Context())
	first.Proto, first.ProtoMajor, first.ProtoMinor = r.Proto, r.ProtoMajor, r.ProtoMinor
	return first
}
