package leat_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/leat-io/leat"

// rooms says who may know whom: for each folder of the root, the others that
// its files may import. Every room may also import the standard library,
// internal and its own sub-packages. Before you add a word here to make a
// build pass, ask whether the caller should declare a small interface instead,
// and leat.go pass the value in.
var rooms = map[string]string{
	"stream":      "",       // the words must be free of machinery
	"internal":    "",       // and so must the tools
	"api":         "stream", // operations and errors, no behaviour
	"storage":     "stream", // a log needs no AWS API to be tested
	"aggregation": "stream", // a format
	"service":     "api stream storage",
	"wire":        "api stream",                   // knows operations, not services; cannot reach storage even by mistake
	"metrics":     "service storage stream wire",  // reads what the rooms count, so that they need not know Prometheus
	"producer":    "aggregation stream",           // must work against AWS too
	"consumer":    "aggregation stream",           // must work against AWS too
	"leattest":    "leat api stream",              // api for the errors that a test asks for
	"cmd":         "consumer leat stream storage", // storage for debug and fsck, which open the data with the server's own code
	"leat":        "api metrics service storage stream wire",
	"test":        "aggregation api consumer leat leattest producer service storage stream wire", // programs that judge the whole
}

// whole lists the rooms that may import the engines under storage, and the
// services under service. To the others storage is one interface.
var whole = []string{"leat", "cmd", "metrics", "test"}

// apart lists the rooms whose sub-packages never know each other.
var apart = []string{"service", "sink", "storage"}

func TestRooms(t *testing.T) {
	seen := map[string]bool{}
	eachGoFile(t, func(path string, file *ast.File) {
		folder := filepath.ToSlash(filepath.Dir(path))
		room := roomOf(folder)
		seen[room] = true
		if _, ok := rooms[room]; !ok {
			t.Errorf("%s: room %q is not in the list", path, room)
			return
		}
		for _, spec := range file.Imports {
			target, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if reason := forbidden(folder, target); reason != "" {
				t.Errorf("%s must not import %s: %s", path, target, reason)
			}
		}
	})
	for room := range rooms {
		if !seen[room] {
			t.Errorf("room %q is in the list and does not exist", room)
		}
	}
}

// forbidden returns why a file of the folder must not import target, or "".
func forbidden(folder, target string) string {
	room := roomOf(folder)
	inside, ours := strings.CutPrefix(target+"/", module+"/")
	if !ours {
		if domain, _, _ := strings.Cut(target, "/"); room == "stream" && strings.Contains(domain, ".") {
			return "stream uses the standard library alone"
		}
		return ""
	}
	if inside = strings.TrimSuffix(inside, "/"); inside == "" {
		inside = "." // the root
	}
	other := roomOf(inside)
	switch {
	case other == "internal":
		return ""
	case other == room:
		if slices.Contains(apart, room) && below(inside) != "" && below(folder) != below(inside) {
			return "what stands side by side under " + room + " does not know each other"
		}
		return ""
	case !slices.Contains(strings.Fields(rooms[room]), other):
		return "see the list of rooms"
	case slices.Contains(apart, other) && below(inside) != "" && !slices.Contains(whole, room):
		return "only the whole knows what is under " + other
	}
	return ""
}

// roomOf returns the first element of a folder, and the root's name for ".".
func roomOf(folder string) string {
	room, _, _ := strings.Cut(folder, "/")
	if room == "." {
		return "leat"
	}
	return room
}

// below returns the second element of a folder, or "".
func below(folder string) string {
	parts := strings.SplitN(folder, "/", 3)
	if len(parts) < 2 {
		return ""
	}
	return parts[1]
}

func TestForbidden(t *testing.T) {
	for _, c := range []struct {
		folder, target string
		allowed        bool
	}{
		{".", module + "/storage/disklog", true},
		{"cmd/leat", module, true},
		{"cmd/leat", module + "/wire", false},
		{"service/kinesis", module + "/storage", true},
		{"service/kinesis", module + "/service/kinesis/catalog", true},
		{"service/kinesis", module + "/storage/memlog", false},
		{"service/kinesis", module + "/service/firehose", false},
		{"service/kinesis/catalog", module + "/api/kinesisapi", true},
		{"wire", module + "/storage", false},
		{"wire", module + "/service/kinesis", false},
		{"metrics", module + "/storage/disklog", true},
		{"service/kinesis", module + "/metrics", false},
		{"storage/memlog", module + "/storage", true},
		{"storage/memlog", module + "/storage/disklog", false},
		{"storage/disklog/journal", module + "/storage/disklog/entry", true},
		{"storage/disklog", module + "/internal/vfs", true},
		{"storage/disklog", module + "/api", false},
		{"stream", "golang.org/x/sync/errgroup", false},
		{"stream", "crypto/md5", true},
		{"api", module, false},
	} {
		if got := forbidden(c.folder, c.target); (got == "") != c.allowed {
			t.Errorf("%s imports %s: %q", c.folder, c.target, got)
		}
	}
}

// TestPackageComments checks that every package says what it is.
func TestPackageComments(t *testing.T) {
	documented := map[string]bool{}
	eachGoFile(t, func(path string, file *ast.File) {
		folder := filepath.Dir(path)
		documented[folder] = documented[folder] || file.Doc != nil
	})
	for folder, ok := range documented {
		if !ok {
			t.Errorf("package in %s has no comment", folder)
		}
	}
}

// eachGoFile calls visit with every Go file that is not a test, parsed as far
// as its imports.
func eachGoFile(t *testing.T, visit func(path string, file *ast.File)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && (name == "testdata" || name != "." && strings.HasPrefix(name, ".")) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, src, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		visit(path, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
