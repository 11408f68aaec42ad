package eventstream_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	aws "github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"

	"github.com/leat-io/leat/wire/eventstream"
)

var initial = eventstream.Headers(
	":event-type", "initial-response", ":content-type", "application/json", ":message-type", "event")

// The vectors of spec data-streams §18.
func TestVectors(t *testing.T) {
	want, err := hex.DecodeString("00000068000000564e681724" +
		"0b3a6576656e742d74797065070010696e697469616c2d726573706f6e7365" +
		"0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e" +
		"0d3a6d6573736167652d747970650700056576656e74" +
		"7b7dd591c62b")
	if err != nil {
		t.Fatal(err)
	}
	if got := eventstream.Append(nil, initial, []byte("{}")); !bytes.Equal(got, want) {
		t.Errorf("initial response:\ngot  %x\nwant %x", got, want)
	}
	headers := eventstream.Headers(
		":exception-type", "ResourceInUseException", ":content-type", "application/json", ":message-type", "exception")
	got := eventstream.Append(nil, headers, []byte(`{"message":"x"}`))
	if len(got) != 131 || len(headers) != 100 ||
		hex.EncodeToString(got[:12]) != "0000008300000064d9bbb06a" || hex.EncodeToString(got[127:]) != "8bd5b57e" {
		t.Errorf("exception: %x", got)
	}
}

// FuzzAppend checks that AWS's decoder finds in a message what was put into
// it, wherever in a buffer it stands, and that nothing before it changes.
func FuzzAppend(f *testing.F) {
	f.Add("before", ":message-type", "event", []byte("{}"))
	f.Add("", "", "", []byte{})
	f.Add("x", strings.Repeat("n", 255), strings.Repeat("v", 32767), bytes.Repeat([]byte{0xff}, 1000))
	f.Fuzz(func(t *testing.T, before, name, value string, payload []byte) {
		if len(name) > 255 || len(value) > 32767 {
			return
		}
		dst := eventstream.Append([]byte(before), eventstream.Headers(name, value), payload)
		if !strings.HasPrefix(string(dst), before) {
			t.Fatalf("%q does not begin with %q", dst, before)
		}
		frame := dst[len(before):]
		if len(frame) != eventstream.Overhead+1+len(name)+3+len(value)+len(payload) {
			t.Errorf("%d bytes", len(frame))
		}
		m, err := aws.NewDecoder().Decode(bytes.NewReader(frame), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Headers.Get(name); len(m.Headers) != 1 || got == nil || got.String() != value {
			t.Errorf("headers %v", m.Headers)
		}
		if !bytes.Equal(m.Payload, payload) {
			t.Errorf("payload %q, not %q", m.Payload, payload)
		}
	})
}

func TestOversizedHeader(t *testing.T) {
	for _, header := range [][2]string{{strings.Repeat("n", 256), ""}, {"n", strings.Repeat("v", 32768)}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a name of %d bytes and a value of %d are taken", len(header[0]), len(header[1]))
				}
			}()
			eventstream.Headers(header[0], header[1])
		}()
	}
}

func BenchmarkAppend(b *testing.B) {
	payload := bytes.Repeat([]byte("x"), 1<<20)
	buf := make([]byte, 0, len(payload)+1024)
	b.SetBytes(int64(len(payload)))
	b.ReportAllocs()
	for b.Loop() {
		buf = eventstream.Append(buf[:0], initial, payload)
	}
}
