package wire_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/leat-io/leat/internal/authority"
	"github.com/leat-io/leat/wire"
)

// offer returns the header lines by which curl and Java's HttpClient offer to
// change over to HTTP/2, with these settings.
func offer(settings ...http2.Setting) []string {
	var payload []byte
	for _, s := range settings {
		payload = binary.BigEndian.AppendUint16(payload, uint16(s.ID))
		payload = binary.BigEndian.AppendUint32(payload, s.Val)
	}
	return []string{"Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: " + base64.RawURLEncoding.EncodeToString(payload)}
}

// upgraded is a connection whose server has accepted the offer.
type upgraded struct {
	net.Conn
	*http2.Framer // which reads all that comes
	t             testing.TB
	acks          int // of settings
	goneAway      bool
}

// accepted sends a request with an offer, and expects it to be accepted.
// Nothing of HTTP/2 was sent then.
func accepted(t testing.TB, addr, text string) *upgraded {
	t.Helper()
	conn := dial(t, addr)
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusSwitchingProtocols || resp.Header.Get("Upgrade") != "h2c" || resp.Header.Get("Connection") != "Upgrade" {
		t.Fatalf("answered %v %v", resp.Status, resp.Header)
	}
	u := &upgraded{Conn: conn, Framer: http2.NewFramer(conn, r), t: t}
	u.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	return u
}

// begin sends what the client of an HTTP/2 connection begins with.
func (u *upgraded) begin(settings ...http2.Setting) {
	u.t.Helper()
	if _, err := io.WriteString(u.Conn, http2.ClientPreface); err != nil {
		u.t.Fatal(err)
	}
	if err := u.WriteSettings(settings...); err != nil {
		u.t.Fatal(err)
	}
}

// next returns the next frame that belongs to a stream.
func (u *upgraded) next() (http2.Frame, error) {
	for {
		f, err := u.ReadFrame()
		if err != nil {
			return nil, err
		}
		switch f := f.(type) {
		case *http2.SettingsFrame:
			if f.IsAck() {
				u.acks++
			} else if err := u.WriteSettingsAck(); err != nil {
				return nil, err
			}
		case *http2.GoAwayFrame:
			u.goneAway = true
		}
		if f.Header().StreamID != 0 {
			return f, nil
		}
	}
}

// answer reads the answer to the call of a stream, which must be the next.
func (u *upgraded) answer(stream uint32) (status, body string) {
	u.t.Helper()
	for {
		f, err := u.next()
		if err != nil {
			u.t.Fatal(err)
		}
		switch f := f.(type) {
		case *http2.MetaHeadersFrame:
			status = f.PseudoValue("status")
		case *http2.DataFrame:
			body += string(f.Data())
		}
		if f.Header().StreamID != stream {
			u.t.Fatalf("stream %d: %v", stream, f)
		}
		if f.Header().Flags.Has(http2.FlagDataEndStream) {
			return status, body
		}
	}
}

// get calls GET on a stream.
func (u *upgraded) get(stream uint32, path string) {
	u.t.Helper()
	var block bytes.Buffer
	e := hpack.NewEncoder(&block)
	for _, h := range [][2]string{{":method", "GET"}, {":scheme", "http"}, {":authority", "x"}, {":path", path}} {
		_ = e.WriteField(hpack.HeaderField{Name: h[0], Value: h[1]})
	}
	if err := u.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block.Bytes(), EndStream: true, EndHeaders: true}); err != nil {
		u.t.Fatal(err)
	}
}

// wantClosed reads until the server ends the connection.
func (u *upgraded) wantClosed() {
	u.t.Helper()
	for {
		if _, err := u.next(); err != nil {
			if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() {
				u.t.Errorf("the connection is open: %v", err)
			}
			return
		}
	}
}

// putCall is a call of PutRecord with so many bytes of data.
func putCall(bytes int, more ...string) string {
	body := `{"StreamName":"s","PartitionKey":"k","Data":"` + base64.StdEncoding.EncodeToString(make([]byte, bytes)) + `"}`
	return head(append(more, fmt.Sprintf("Content-Length: %d", len(body)))...) + body
}

// TestUpgrade makes the call that comes with the offer and others after it.
func TestUpgrade(t *testing.T) {
	f, m := &fake{}, new(wire.Metrics)
	addr := serve(t, wire.New(wire.Options{Services: []wire.Service{f.service()}, AllowUnsigned: true, Metrics: m}))
	for _, size := range []int{1, 100_000, 3_000_000} {
		u := accepted(t, addr, putCall(size, offer(http2.Setting{ID: http2.SettingEnablePush})...))
		u.begin(http2.Setting{ID: http2.SettingEnablePush})
		if status, body := u.answer(1); status != "200" || !strings.Contains(body, "SequenceNumber") || len(f.mu.records[0].Data) != size {
			t.Errorf("%d bytes: %s %s", size, status, body)
		}
		for stream := uint32(3); stream < 9; stream += 2 {
			u.get(stream, "/healthz")
			if status, _ := u.answer(stream); status != "200" {
				t.Errorf("stream %d: %s", stream, status)
			}
		}
		if u.acks != 1 {
			t.Errorf("%d acknowledgements of settings, want that of those after the preface", u.acks)
		}
	}
	protocols := map[wire.Protocol]uint64{}
	m.EachProtocol(func(p wire.Protocol, n uint64) { protocols[p] = n })
	if want := (wire.Protocol{HTTP: "HTTP/2", Transport: "TCP", Coding: "JSON"}); len(protocols) != 1 || protocols[want] != 3 {
		t.Errorf("spoken %v", protocols)
	}
	waitFor(t, "memory to come back", func() bool { return m.BodyBytes.Load() == 0 })
}

// TestUpgradeWithoutBody has calls other than POST, the answer to one of which
// must not have a body.
func TestUpgradeWithoutBody(t *testing.T) {
	m := new(wire.Metrics)
	addr := serve(t, door(wire.Options{Metrics: m}))
	for text, want := range map[string]string{
		"GET /healthz HTTP/1.1\r\n":                                        "200 ",
		"HEAD /healthz HTTP/1.1\r\n":                                       "200 ",
		"GET /nothing HTTP/1.1\r\n":                                        "403 " + accessDenied,
		"HEAD http://x/nothing HTTP/1.1\r\n":                               "403 ",
		"POST / HTTP/1.1\r\nX-Amz-Target: Kinesis_20131202.ListShards\r\n": "400 \xbf\x66__type\x76SerializationException\xff",
	} {
		u := accepted(t, addr, text+"Host: x\r\n"+strings.Join(append(offer(), ""), "\r\n")+"\r\n")
		u.begin()
		if status, body := u.answer(1); status+" "+body != want {
			t.Errorf("%q: %s %q", text, status, body)
		}
	}
	waitFor(t, "memory to come back", func() bool { return m.BodyBytes.Load() == 0 })
}

// TestUpgradeSettings checks that the settings of the offer hold until others
// come, from the first byte of the answer on.
func TestUpgradeSettings(t *testing.T) {
	addr := serve(t, door(wire.Options{}))
	window := func(n uint32) http2.Setting { return http2.Setting{ID: http2.SettingInitialWindowSize, Val: n} }
	frame := http2.Setting{ID: http2.SettingMaxFrameSize, Val: 20_000}
	for name, c := range map[string]struct {
		offer, later []http2.Setting
		want         int // bytes in the first frame of data
	}{
		"the offer's":          {[]http2.Setting{window(5), frame}, []http2.Setting{frame}, 5},
		"later ones":           {[]http2.Setting{window(5)}, []http2.Setting{window(1000)}, len(missingToken)},
		"the offer's own last": {[]http2.Setting{window(5), window(6)}, nil, 6},
	} {
		t.Run(name, func(t *testing.T) {
			u := accepted(t, addr, head(append(offer(c.offer...), "Content-Length: 2")...)+"{}")
			u.begin(c.later...)
			for {
				f, err := u.next()
				if err != nil {
					t.Fatal(err)
				}
				if data, ok := f.(*http2.DataFrame); ok {
					if len(data.Data()) != c.want {
						t.Errorf("%d bytes came, want %d", len(data.Data()), c.want)
					}
					return
				}
			}
		})
	}
}

// TestUpgradeStreamsAtOnce sends the next calls with the preface: none of them
// may get the answer to the first.
func TestUpgradeStreamsAtOnce(t *testing.T) {
	addr := serve(t, door(wire.Options{}))
	for range 100 {
		u := accepted(t, addr, head(append(offer(), "Content-Length: 2")...)+"{}")
		var hasty bytes.Buffer
		direct := u.Framer
		u.Framer = http2.NewFramer(&hasty, nil)
		hasty.WriteString(http2.ClientPreface)
		_ = u.WriteSettings()
		const calls = 5
		for i := range calls {
			u.get(uint32(3+2*i), "/healthz")
		}
		u.Framer = direct
		if _, err := u.Write(hasty.Bytes()); err != nil {
			t.Fatal(err)
		}
		status := map[uint32]string{}
		for len(status) < 1+calls {
			f, err := u.next()
			if err != nil {
				t.Fatal(err)
			}
			if h, ok := f.(*http2.MetaHeadersFrame); ok {
				status[h.StreamID] = h.PseudoValue("status")
			}
		}
		if want := map[uint32]string{1: "400", 3: "200", 5: "200", 7: "200", 9: "200", 11: "200"}; fmt.Sprint(status) != fmt.Sprint(want) {
			t.Fatalf("answers %v", status)
		}
	}
}

// TestUpgradeHaste does not wait for the server to accept.
func TestUpgradeHaste(t *testing.T) {
	const begin = http2.ClientPreface + "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	u := accepted(t, serve(t, door(wire.Options{})), head(append(offer(), "Content-Length: 2")...)+"{}"+begin)
	if status, body := u.answer(1); status != "400" || body != missingToken {
		t.Errorf("answered %s %s", status, body)
	}
}

// TestNoUpgrade has offers that are answered in HTTP/1.1, on a connection that
// goes on so.
func TestNoUpgrade(t *testing.T) {
	addr := serve(t, door(wire.Options{}))
	for name, lines := range map[string][]string{
		"no settings":         {"Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c"},
		"two settings":        append(offer(), "HTTP2-Settings: AAMAAABk"),
		"no base64":           {"Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMA+ABk"},
		"not whole":           {"Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAA"},
		"too many":            offer(make([]http2.Setting, 101)...),
		"not for this hop":    {"Upgrade: h2c", "HTTP2-Settings: AAMAAABk"},
		"settings for others": {"Connection: Upgrade", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"},
		"something else":      {"Connection: Upgrade, HTTP2-Settings", "Upgrade: websocket, h2", "HTTP2-Settings: AAMAAABk"},
	} {
		t.Run(name, func(t *testing.T) {
			conn := dial(t, addr)
			for range 2 {
				resp := exchange(t, conn, head(append(lines, "Content-Length: 2")...)+"{}")
				if got := bodyOf(t, resp); resp.Proto != "HTTP/1.1" || resp.StatusCode != 400 || got != missingToken {
					t.Errorf("got %s %d %s", resp.Proto, resp.StatusCode, got)
				}
			}
		})
	}
}

// TestNoUpgradeOverTLS offers what is only for connections without TLS.
func TestNoUpgradeOverTLS(t *testing.T) {
	a, err := authority.Open("", authority.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := wire.ListenTLS("127.0.0.1:0", door(wire.Options{}), a.GetCertificate, nil)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve() }()
	conn, err := tls.Dial("tcp", s.Addr().String(), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	if resp := exchange(t, conn, head(append(offer(), "Content-Length: 2")...)+"{}"); resp.StatusCode != 400 || bodyOf(t, resp) != missingToken {
		t.Errorf("answered %s", resp.Status)
	}
	if err := errors.Join(conn.Close(), s.Shutdown(t.Context()), <-served); err != nil {
		t.Error(err)
	}
}

// TestUpgradeBodies checks that the body of a request with an offer has the
// bounds of all bodies.
func TestUpgradeBodies(t *testing.T) {
	m := new(wire.Metrics)
	call := func(addr string, length int, body string) *http.Response {
		return exchange(t, dial(t, addr), head(append(offer(), fmt.Sprintf("Content-Length: %d", length))...)+body)
	}
	addr := serve(t, door(wire.Options{Metrics: m, BodyMemoryBytes: 1, MemoryWait: 20 * time.Millisecond}))
	if resp := call(addr, 16<<20+1, ""); resp.StatusCode != 413 {
		t.Errorf("too large: %s", resp.Status)
	}
	if resp := call(serve(t, door(wire.Options{BodyGrace: 20 * time.Millisecond})), 2, "{"); resp.StatusCode != 408 || !resp.Close {
		t.Errorf("too slow: %s, close %v", resp.Status, resp.Close)
	}
	// One has all the memory until its client begins with HTTP/2.
	largest := "{" + strings.Repeat(" ", 14<<20) + "}"
	u := accepted(t, addr, head(append(offer(), fmt.Sprintf("Content-Length: %d", len(largest)))...)+largest)
	if resp := call(addr, 2, "{}"); resp.StatusCode != 503 {
		t.Errorf("no memory: %s", resp.Status)
	}
	u.begin()
	if status, body := u.answer(1); status != "400" || body != missingToken {
		t.Errorf("with the memory: %s %s", status, body)
	}
	waitFor(t, "memory to come back", func() bool { return m.BodyBytes.Load() == 0 })
}

// TestUpgradeSubscription has a subscription on stream 1, and calls beside it.
func TestUpgradeSubscription(t *testing.T) {
	s := newSubscriber()
	u := accepted(t, s.serve(t, wire.Options{}), strings.Replace(subscribeCall, "\r\n", "\r\n"+strings.Join(append(offer(), ""), "\r\n"), 1))
	u.begin()
	u.get(3, "/healthz")
	events, feed := io.Pipe()
	defer events.Close()
	beside := make(chan string, 1)
	go func() {
		for {
			f, err := u.next()
			if err != nil {
				feed.CloseWithError(err)
				return
			}
			switch f := f.(type) {
			case *http2.DataFrame:
				if _, err := feed.Write(f.Data()); err != nil {
					return
				}
			case *http2.MetaHeadersFrame:
				if f.StreamID == 3 {
					beside <- f.PseudoValue("status")
				}
			}
			if f.Header().StreamID == 1 && f.Header().Flags.Has(http2.FlagDataEndStream) {
				feed.Close()
				return
			}
		}
	}()
	message(t, events) // initial
	if status := <-beside; status != "200" {
		t.Errorf("beside it: %s", status)
	}
	for range 3 {
		s.events <- onePage(2)
		if got := spell(message(t, events)); !strings.Contains(got, `"Data":"eHg="`) {
			t.Errorf("event %s", got)
		}
	}
	s.events <- io.EOF
	if rest, err := io.ReadAll(events); len(rest) != 0 || err != nil {
		t.Errorf("after the end: %q, %v", rest, err)
	}
}

// TestUpgradeShutdown shuts a server down with a call under way on a connection
// that was changed over: it is told, and waited for until the context ends.
func TestUpgradeShutdown(t *testing.T) {
	for name, patience := range map[string]bool{"waits": true, "does not wait": false} {
		t.Run(name, func(t *testing.T) {
			sub := newSubscriber()
			s, err := wire.Listen("127.0.0.1:0", wire.New(wire.Options{Services: []wire.Service{sub.service()}, AllowUnsigned: true}), nil)
			if err != nil {
				t.Fatal(err)
			}
			served := make(chan error, 1)
			go func() { served <- s.Serve() }()
			u := accepted(t, s.Addr().String(), strings.Replace(subscribeCall, "\r\n", "\r\n"+strings.Join(append(offer(), ""), "\r\n"), 1))
			u.begin()
			if _, err := u.next(); err != nil { // the head of the answer
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			down := make(chan error, 1)
			go func() { down <- s.Shutdown(ctx) }()
			for !u.goneAway {
				if f, err := u.ReadFrame(); err != nil {
					t.Fatal(err)
				} else if _, ok := f.(*http2.GoAwayFrame); ok {
					u.goneAway = true
				}
			}
			select {
			case err := <-down:
				t.Fatalf("shut down with a call under way: %v", err)
			default:
			}
			if patience {
				sub.events <- io.EOF
			} else {
				cancel()
			}
			if err := <-down; (err == nil) != patience {
				t.Errorf("shut down: %v", err)
			}
			u.wantClosed()
			waitFor(t, "the call's end", func() bool { return sub.open.Load() == 0 })
			if err := <-served; err != nil {
				t.Error(err)
			}
		})
	}
}

// TestUpgradesDropped breaks off at every point. Nothing must be left: the
// package's tests look for goroutines at their end.
func TestUpgradesDropped(t *testing.T) {
	m := new(wire.Metrics)
	addr := serve(t, door(wire.Options{Metrics: m}))
	call := putCall(100_000, offer()...)
	var settings bytes.Buffer
	settings.WriteString(http2.ClientPreface)
	_ = http2.NewFramer(&settings, nil).WriteSettings(http2.Setting{ID: http2.SettingEnablePush}, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1})
	for i := range 200 {
		conn := dial(t, addr)
		if _, err := io.WriteString(conn, call); err != nil {
			t.Fatal(err)
		}
		if i%4 != 0 {
			readResponse(t, conn)
			if _, err := conn.Write(settings.Bytes()[:i%(settings.Len()+1)]); err != nil {
				t.Fatal(err)
			}
		}
		conn.Close()
	}
	waitFor(t, "memory to come back", func() bool { return m.BodyBytes.Load() == 0 })
	for name, text := range map[string]string{
		"HTTP/1.1":          call,
		"another preface":   "GET * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
		"no settings":       http2.ClientPreface + "\x00\x00\x08\x06\x00\x00\x00\x00\x00" + "12345678",
		"acknowledgement":   http2.ClientPreface + "\x00\x00\x00\x04\x01\x00\x00\x00\x00",
		"many settings":     http2.ClientPreface + "\xff\xff\xff\x04\x00\x00\x00\x00\x00",
		"half a setting":    http2.ClientPreface + "\x00\x00\x03\x04\x00\x00\x00\x00\x00" + "123",
		"setting of one":    http2.ClientPreface + "\x00\x00\x06\x04\x00\x00\x00\x00\x01" + "123456",
		"a setting's value": http2.ClientPreface + "\x00\x00\x06\x04\x00\x00\x00\x00\x00" + "\x00\x02\x00\x00\x00\x02",
	} {
		t.Run(name, func(t *testing.T) {
			u := accepted(t, addr, call)
			_, _ = io.WriteString(u.Conn, text) // which the server may not wait for
			u.wantClosed()
			waitFor(t, "memory to come back", func() bool { return m.BodyBytes.Load() == 0 })
		})
	}
	wantServing(t, addr)
}
