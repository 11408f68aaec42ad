package admin

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"

	"github.com/leat-io/leat/internal/clock"
	"github.com/leat-io/leat/internal/fault"
)

// Prefix begins every path that the endpoint answers. No AWS operation uses it.
const Prefix = "/_leat/"

// Options are what the endpoint reaches.
type Options struct {
	// Clock is the server's. Only a *clock.Manual can be advanced.
	Clock clock.Clock
	// Faults is the server's, and CheckFault says what is wrong with a rule for
	// it.
	Faults     *fault.Injector
	CheckFault func(fault.Rule) error
}

// New returns the endpoint, to be served under Prefix. It is safe for
// concurrent use.
//
// It refuses whoever does not come straight from this machine: connections from
// elsewhere, requests that a proxy passed on, and pages in a browser, which can
// reach loopback for a stranger.
func New(o Options) http.Handler {
	mux := http.NewServeMux()
	c := clockHandler{o.Clock}
	mux.HandleFunc("GET "+Prefix+"clock", c.get)
	mux.HandleFunc("POST "+Prefix+"clock/advance", c.advance)
	f := faultHandler{o.Faults, o.CheckFault}
	mux.HandleFunc("GET "+Prefix+"faults", f.list)
	mux.HandleFunc("POST "+Prefix+"faults", f.add)
	mux.HandleFunc("DELETE "+Prefix+"faults", f.reset)
	mux.HandleFunc("DELETE "+Prefix+"faults/{id}", f.remove)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := stranger(r); err != nil {
			refuse(w, http.StatusForbidden, err)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// stranger returns why a request is not answered, nil when it is.
func stranger(r *http.Request) error {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	switch {
	case err != nil || !from.Addr().Unmap().IsLoopback():
		return errors.New("the admin endpoint answers connections from this machine alone")
	case r.Header.Get("Forwarded") != "" || r.Header.Get("X-Forwarded-For") != "":
		return errors.New("the admin endpoint answers no proxy")
	case r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "":
		return errors.New("the admin endpoint answers no browser")
	}
	return nil
}

// answer sends a JSON document.
func answer(w http.ResponseWriter, status int, document any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(document) // a client that is gone needs no answer
}

// refuse sends what is wrong as {"error": "..."}.
func refuse(w http.ResponseWriter, status int, err error) {
	answer(w, status, struct {
		Error string `json:"error"`
	}{err.Error()})
}
