package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"time"
)

const (
	switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
	preface   = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

	frameHeadBytes   = 9
	settingBytes     = 6
	maxSettingsBytes = 100 * settingBytes // net/http takes no more in a frame
	maxMethodBytes   = 126                // a length that HPACK has in one byte
)

// Frames of HTTP/2 (RFC 9113 §6).
const (
	frameHeaders  = 1
	frameSettings = 4

	flagEndStream  = 0x1
	flagEndHeaders = 0x4
)

// upgradedConn is a connection that was changed over to HTTP/2, as net/http
// shall see it: the client begins with the preface and its settings, calls
// stream 1 without a body, and goes on as it likes. The call only stands for
// the request that came before, which its handler takes from here.
//
// The settings of the offer and those after the preface come in one frame: the
// client expects a single acknowledgement, as the answer 101 is the other (RFC
// 7540 §3.2.1).
type upgradedConn struct {
	net.Conn
	settings []byte    // of the offer
	method   string    // of the request
	client   io.Reader // what was read already, then the connection

	// Owned by Read, which one goroutine calls at a time.
	begun bool
	ahead []byte // comes before what the client says next

	request atomic.Pointer[http.Request] // until it is taken
	taken   chan struct{}                // closed when it is
}

func newUpgradedConn(conn net.Conn, early []byte, r *http.Request, settings []byte) *upgradedConn {
	c := &upgradedConn{
		Conn: conn, settings: settings, method: r.Method, taken: make(chan struct{}),
		client: io.MultiReader(bytes.NewReader(slices.Clone(early)), conn),
	}
	c.request.Store(r)
	return c
}

// take returns the request, or nil when somebody else has it.
func (c *upgradedConn) take() *http.Request {
	r := c.request.Swap(nil)
	if r != nil {
		close(c.taken)
	}
	return r
}

// Close drops the request if nobody has taken it.
func (c *upgradedConn) Close() error {
	err := c.Conn.Close()
	if r := c.take(); r != nil {
		err = errors.Join(err, r.Body.Close())
	}
	return err
}

// Read reads what the client says from its preface on. What comes after stream
// 1 waits until the handler of that has taken the request: else the handler of
// the next call might.
func (c *upgradedConn) Read(b []byte) (int, error) {
	if !c.begun {
		c.begun = true
		if err := c.begin(); err != nil {
			return 0, errors.Join(err, c.Close())
		}
	}
	if len(c.ahead) > 0 {
		n := copy(b, c.ahead)
		c.ahead = c.ahead[n:]
		return n, nil
	}
	<-c.taken
	return c.client.Read(b)
}

// begin accepts the offer, reads the client's preface and settings, and puts
// together what net/http shall read. It has the time of a head for that.
func (c *upgradedConn) begin() error {
	_ = c.SetWriteDeadline(time.Now().Add(headerTimeout)) // net/http lifts both when HTTP/2 begins
	if _, err := io.WriteString(c.Conn, switching); err != nil {
		return err
	}
	var head [len(preface) + frameHeadBytes]byte
	if _, err := io.ReadFull(c.client, head[:]); err != nil {
		return err
	}
	frame := head[len(preface):]
	length := int(binary.BigEndian.Uint32(frame) >> 8)
	if string(head[:len(preface)]) != preface || !bytes.Equal(frame[3:], []byte{frameSettings, 0, 0, 0, 0, 0}) || length%settingBytes != 0 || length > maxSettingsBytes {
		return errors.New("the client does not begin with HTTP/2")
	}
	settings := make([]byte, length)
	if _, err := io.ReadFull(c.client, settings); err != nil {
		return err
	}
	c.ahead = append(c.ahead, preface...)
	c.ahead = appendFrame(c.ahead, frameSettings, 0, 0, mergeSettings(c.settings, settings))
	c.ahead = appendFrame(c.ahead, frameHeaders, flagEndStream|flagEndHeaders, 1, pseudoHeaders(c.method))
	return nil
}

// mergeSettings returns the later settings, and those of the earlier that they
// do not change: net/http takes no setting twice in a frame.
func mergeSettings(earlier, later []byte) []byte {
	merged := slices.Clone(later)
	for i := len(earlier) - settingBytes; i >= 0; i -= settingBytes { // the last of two holds
		one := earlier[i : i+settingBytes]
		if !hasSetting(merged, binary.BigEndian.Uint16(one)) {
			merged = append(merged, one...)
		}
	}
	return merged
}

func hasSetting(settings []byte, id uint16) bool {
	for one := range slices.Chunk(settings, settingBytes) {
		if binary.BigEndian.Uint16(one) == id {
			return true
		}
	}
	return false
}

// appendFrame appends a frame of HTTP/2: length, type, flags, stream, payload.
func appendFrame(b []byte, kind, flags byte, stream uint32, payload []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(payload))<<8|uint32(kind))
	b = append(b, flags)
	b = binary.BigEndian.AppendUint32(b, stream)
	return append(b, payload...)
}

// pseudoHeaders returns a head in HPACK with the little that HTTP/2 wants: two
// lines of its static table, ":scheme: http" and ":path: /", and the method,
// by which net/http sees whether the answer has a body (RFC 7541 §6).
func pseudoHeaders(method string) []byte {
	return append([]byte{0x86, 0x84, 0x02, byte(len(method))}, method...)
}
