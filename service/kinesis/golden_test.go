package kinesis

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/service/kinesis/keys"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/memlog"
	"github.com/leat-io/leat/wire"
)

var update = flag.Bool("update", false, "rewrite testdata with the replies that are given")

// TestGolden sends the requests of each file in testdata to a server of its
// own, through the front door, and compares the replies byte by byte. A file is
// a sequence of exchanges, separated by blank lines:
//
//	# Comments; they stay where they are.
//	server limits=aws state-delay=1m
//	advance 5m
//	times 6
//	PutRecord
//	X-Some-Header: a request header
//	{"StreamName":"s"}
//	----
//	400
//	{"__type":"ValidationException", …}
//
// The server line is for the first exchange. The clock stands still at
// 1700000000.5, but for what "advance" moves it. With "times" the request is
// sent so often, and the last reply counts. The server's Content-Type and
// X-Amz-Target are set unless given as headers. A request may take more than
// one line, or none; a reply that has no body ends with the status.
//
// Replies hold tokens that differ from run to run. They are written as
// $ShardIterator and $NextToken, and those words in a later request stand for
// the last one that was given. In requests, $(text*n) stands for n times text,
// which may contain another such thing.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || info.IsDir() {
			continue // fuzz seeds
		}
		t.Run(filepath.Base(file), func(t *testing.T) { runGolden(t, file) })
	}
}

func runGolden(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	exchanges, err := parseGolden(string(text))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	s := newGoldenServer(t, exchanges[0].server)
	var rewritten []string
	for _, x := range exchanges {
		s.advance(x.advance)
		var reply string
		for range x.times {
			reply = s.send(x)
		}
		rewritten = append(rewritten, x.render(reply))
		if reply != x.reply && !*update {
			t.Errorf("%s:%d: %s %.300s\ngot  %s\nwant %s", file, x.line, x.operation, x.body, reply, x.reply)
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(strings.Join(rewritten, "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// exchange is one request and its reply.
type exchange struct {
	line      int    // where it begins in the file
	head      string // all lines up to "----", as they are
	server    string // what follows the word server
	advance   time.Duration
	times     int
	operation string
	headers   [][2]string
	body      string
	reply     string // status, and the body on the next line
}

const goldenDivider = "----\n"

var goldenHeader = regexp.MustCompile(`^([A-Za-z-]+): (.*)$`)

// parseGolden reads a file.
func parseGolden(text string) ([]*exchange, error) {
	var list []*exchange
	line := 1
	for block := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n\n") {
		x := &exchange{line: line, times: 1}
		line += strings.Count(block, "\n") + 2
		head, reply, _ := strings.Cut(block+"\n", goldenDivider)
		x.head, x.reply = head, strings.TrimSuffix(reply, "\n")
		if err := x.parseHead(); err != nil {
			return nil, fmt.Errorf("line %d: %w", x.line, err)
		}
		list = append(list, x)
	}
	return list, nil
}

func (x *exchange) parseHead() (err error) {
	var body []string
	for line := range strings.SplitSeq(strings.TrimSuffix(x.head, "\n"), "\n") {
		switch header := goldenHeader.FindStringSubmatch(line); {
		case x.operation == "" && strings.HasPrefix(line, "#"):
		case x.operation == "" && strings.HasPrefix(line, "server "):
			x.server = strings.TrimPrefix(line, "server ")
		case x.operation == "" && strings.HasPrefix(line, "advance "):
			if x.advance, err = time.ParseDuration(strings.TrimPrefix(line, "advance ")); err != nil {
				return err
			}
		case x.operation == "" && strings.HasPrefix(line, "times "):
			if x.times, err = strconv.Atoi(strings.TrimPrefix(line, "times ")); err != nil {
				return err
			}
		case x.operation == "":
			x.operation = line
		case header != nil && body == nil:
			x.headers = append(x.headers, [2]string{header[1], header[2]})
		default:
			body = append(body, line)
		}
	}
	if x.operation == "" {
		return fmt.Errorf("no operation in %q", x.head)
	}
	x.body = strings.Join(body, "\n")
	return nil
}

// render returns the exchange with the reply as the file has it.
func (x *exchange) render(reply string) string { return x.head + goldenDivider + reply + "\n" }

// goldenServer is the whole service behind the front door.
type goldenServer struct {
	t       testing.TB
	handler http.Handler
	catalog *catalog.Catalog
	clock   *frozenClock
	tokens  map[string]string // the last of each kind
}

func newGoldenServer(t testing.TB, options string) *goldenServer {
	t.Helper()
	s := &goldenServer{
		t: t, catalog: catalog.New(), clock: &frozenClock{now: time.UnixMilli(1700000000500)}, tokens: make(map[string]string),
	}
	log := memlog.Open(map[string]storage.Machine{catalog.MachineName: s.catalog}, memlog.Options{Clock: s.clock})
	o := Options{Log: log, Catalog: s.catalog, Clock: s.clock, TrustClock: true, Keys: keys.NewRing()}
	for option := range strings.FieldsSeq(options) {
		var err error
		switch name, value, _ := strings.Cut(option, "="); name {
		case "limits":
			o.Limits, err = ParseLimits(value)
		case "state-delay":
			o.StateDelay, err = time.ParseDuration(value)
		default:
			t.Fatalf("no server option %q", name)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	service := New(o)
	service.Start()
	t.Cleanup(func() {
		service.Close()
		log.Close()
	})
	s.handler = wire.New(wire.Options{
		Services:      []wire.Service{{API: kinesisapi.Service, Handlers: service.Handlers(), Records: service}},
		AllowUnsigned: true,
		Clock:         s.clock,
	})
	return s
}

// advance moves the clock and waits for the transitions that are then due.
func (s *goldenServer) advance(d time.Duration) {
	if d == 0 {
		return
	}
	s.clock.Advance(d)
	for {
		changed := s.catalog.Changed()
		due, ok := s.catalog.NextDue()
		if !ok || due.DueMillis > s.clock.Now().UnixMilli() {
			return
		}
		<-changed
	}
}

var (
	goldenRepeat = regexp.MustCompile(`\$\(([^*)$]+)\*(\d+)\)`)
	goldenToken  = regexp.MustCompile(`"(?:Next)?(ShardIterator|NextToken)":"([^"]*)"`)
)

// repeatAll carries out every $(text*n), from the inside out.
func repeatAll(body string) string {
	for strings.Contains(body, "$(") {
		next := goldenRepeat.ReplaceAllStringFunc(body, func(m string) string {
			parts := goldenRepeat.FindStringSubmatch(m)
			n, _ := strconv.Atoi(parts[2])
			return strings.Repeat(parts[1], n)
		})
		if next == body {
			return body
		}
		body = next
	}
	return body
}

// send sends the request and returns the reply in the file's form.
func (s *goldenServer) send(x *exchange) string {
	body := repeatAll(x.body)
	for kind, token := range s.tokens {
		body = strings.ReplaceAll(body, "$"+kind, token)
	}
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "Kinesis_20131202."+x.operation)
	for _, h := range x.headers {
		r.Header.Set(h[0], h[1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	reply := goldenToken.ReplaceAllStringFunc(w.Body.String(), func(m string) string {
		parts := goldenToken.FindStringSubmatch(m)
		s.tokens[parts[1]] = parts[2]
		return strings.Replace(m, `"`+parts[2]+`"`, `"$`+parts[1]+`"`, 1)
	})
	if reply == "" {
		return strconv.Itoa(w.Code)
	}
	return strconv.Itoa(w.Code) + "\n" + reply
}
