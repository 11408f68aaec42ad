package admin_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/clock"
	"github.com/leat-io/leat/internal/fault"
	"github.com/leat-io/leat/wire/admin"
)

// call sends a request from loopback, unless edit says otherwise.
func call(h http.Handler, method, path, body string, edit ...func(*http.Request)) (status int, answer string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:55555"
	for _, change := range edit {
		change(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// check refuses one operation, as an API's table does.
func check(r fault.Rule) error {
	if r.Operation == "Unheard" {
		return errors.New("there is no such operation")
	}
	return r.Check()
}

func TestStrangers(t *testing.T) {
	h := admin.New(admin.Options{Clock: new(clock.Manual)})
	from := func(addr string) func(*http.Request) { return func(r *http.Request) { r.RemoteAddr = addr } }
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for _, c := range []struct {
		name string
		edit func(*http.Request)
		want int
	}{
		{"loopback", from("127.0.0.1:1"), http.StatusOK},
		{"another loopback", from("127.8.8.8:1"), http.StatusOK},
		{"IPv6", from("[::1]:1"), http.StatusOK},
		{"IPv4 in IPv6", from("[::ffff:127.0.0.1]:1"), http.StatusOK},
		{"the network", from("192.168.1.7:1"), http.StatusForbidden},
		{"the network, IPv6", from("[fe80::1%eth0]:1"), http.StatusForbidden},
		{"nowhere", from(""), http.StatusForbidden},
		{"a socket", from("@"), http.StatusForbidden},
		{"a proxy", header("X-Forwarded-For", "127.0.0.1"), http.StatusForbidden},
		{"another proxy", header("Forwarded", "for=127.0.0.1"), http.StatusForbidden},
		{"a page", header("Origin", "http://example.com"), http.StatusForbidden},
		{"a page of this host", header("Sec-Fetch-Site", "same-origin"), http.StatusForbidden},
	} {
		if got, _ := call(h, "GET", "/_leat/clock", "", c.edit); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestClock(t *testing.T) {
	manual := new(clock.Manual)
	h := admin.New(admin.Options{Clock: manual})
	alarm := manual.After(25 * time.Hour)
	status, body := call(h, "POST", "/_leat/clock/advance?duration=26h", "")
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	var state struct {
		Now    time.Time
		Manual bool
	}
	if err := json.Unmarshal([]byte(body), &state); err != nil {
		t.Fatal(err)
	}
	if ahead := time.Until(state.Now); ahead < 25*time.Hour || ahead > 26*time.Hour || !state.Manual {
		t.Errorf("answered %s", body)
	}
	select {
	case <-alarm:
	default:
		t.Error("what is due by then was not told")
	}
	if _, again := call(h, "GET", "/_leat/clock", ""); again < body {
		t.Errorf("now %s, then %s", body, again)
	}
}

func TestClockRefuses(t *testing.T) {
	manual := new(clock.Manual)
	h := admin.New(admin.Options{Clock: manual})
	for _, duration := range []string{"", "5", "-5m", "0s", "87601h", "eternity", "5m,5m"} {
		if status, body := call(h, "POST", "/_leat/clock/advance?duration="+duration, ""); status != http.StatusBadRequest || !strings.Contains(body, `{"error":"duration `) {
			t.Errorf("duration %q: %d %s", duration, status, body)
		}
	}
	if ahead := time.Until(manual.Now()); ahead > time.Second {
		t.Errorf("the clock was advanced by %v", ahead)
	}
	for range 100 { // to the end of time, and not around it
		call(h, "POST", "/_leat/clock/advance?duration=87600h", "")
	}
	if year := manual.Now().Year(); year > 2200 || year < 2150 {
		t.Errorf("the year is %d", year)
	}
	if status, _ := call(h, "GET", "/_leat/clock/advance?duration=5m", ""); status != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", status)
	}
	h = admin.New(admin.Options{Clock: clock.System{}})
	if status, body := call(h, "POST", "/_leat/clock/advance?duration=5m", ""); status != http.StatusConflict || !strings.Contains(body, "--clock=manual") {
		t.Errorf("the machine's clock: %d %s", status, body)
	}
	if _, body := call(h, "GET", "/_leat/clock", ""); !strings.Contains(body, `"manual":false`) {
		t.Errorf("the machine's clock: %s", body)
	}
}

func TestFaults(t *testing.T) {
	injector := new(fault.Injector)
	h := admin.New(admin.Options{Clock: clock.System{}, Faults: injector, CheckFault: check})
	f := func(method, path, body string, status int, want string) {
		t.Helper()
		got, text := call(h, method, path, body)
		if text = strings.TrimSpace(text); got != status || text != want {
			t.Errorf("%s %s %s: %d %s", method, path, body, got, text)
		}
	}
	f("GET", "/_leat/faults", "", 200, `{"faults":[]}`)
	f("POST", "/_leat/faults", `{"operation":"PutRecords","kind":"throttle","p":0.5,"stream":"s","seed":7,"times":3,"by":"1.5s"}`, 201,
		`{"id":1,"operation":"PutRecords","kind":"throttle","stream":"s","p":0.5,"seed":7,"times":3,"by":"1.5s","matched":0,"hits":0}`)
	f("POST", "/_leat/faults", `{"operation":"*","kind":"error","code":"X","message":"no"}`, 201,
		`{"id":2,"operation":"*","kind":"error","code":"X","message":"no","matched":0,"hits":0}`)
	f("DELETE", "/_leat/faults/1", "", 204, "")
	f("DELETE", "/_leat/faults/1", "", 404, `{"error":"no fault \"1\" is in force"}`)
	f("DELETE", "/_leat/faults/two", "", 404, `{"error":"no fault \"two\" is in force"}`)
	injector.Decide(fault.Call{Operation: "PutRecord"})
	f("GET", "/_leat/faults", "", 200, `{"faults":[{"id":2,"operation":"*","kind":"error","code":"X","message":"no","matched":1,"hits":1}]}`)
	f("DELETE", "/_leat/faults", "", 204, "")
	f("GET", "/_leat/faults", "", 200, `{"faults":[]}`)
	if !injector.Idle() {
		t.Error("rules are left")
	}
}

func TestFaultsRefuses(t *testing.T) {
	injector := new(fault.Injector)
	h := admin.New(admin.Options{Clock: clock.System{}, Faults: injector, CheckFault: check})
	f := func(body, why string) {
		t.Helper()
		if status, text := call(h, "POST", "/_leat/faults", body); status != http.StatusBadRequest || !strings.Contains(text, why) {
			t.Errorf("%.60s: %d %s, want %s", body, status, text, why)
		}
	}
	f("", "read the fault")
	f("{", "read the fault")
	f("[]", "read the fault")
	f(`{"operation":"PutRecord","kind":"drop"} {}`, "more than one document")
	f(`{"operation":"PutRecord","kind":"drop","q":1}`, `unknown field`)
	f(`{"operation":"PutRecord","kind":"delay","by":5}`, "read the fault")
	f(`{"operation":"PutRecord","kind":"delay","by":"soon"}`, "no duration")
	f(`{"operation":"PutRecord","kind":"drop","p":1.5}`, "not a probability")
	f(`{"operation":"PutRecord","kind":"drop","times":-1}`, "below 0")
	f(`{"operation":"Unheard","kind":"drop"}`, "there is no such operation")
	f(`{"operation":"`+strings.Repeat("x", 65<<10)+`"}`, "too large")
	if !injector.Idle() {
		t.Error("a rule that was refused is in force")
	}
}
