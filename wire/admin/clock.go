package admin

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/leat-io/leat/internal/clock"
)

// maxAdvance bounds one step of the clock. It is longer than any retention, and
// so short that the sum of many still is a date.
const maxAdvance = 10 * 365 * 24 * time.Hour

// lastYear is where the clock stops to be advanced: iterators and sequence
// numbers have room for later times, but Go's time in nanoseconds has not.
const lastYear = 2200

var errMachineClock = errors.New("the clock is the machine's; a server started with --clock=manual has one that can be advanced")

// clockHandler shows and advances the server's clock.
type clockHandler struct{ clock clock.Clock }

// clockState is the answer of both.
type clockState struct {
	Now    time.Time `json:"now"`
	Manual bool      `json:"manual"`
}

func (h clockHandler) state() clockState {
	_, manual := h.clock.(*clock.Manual)
	return clockState{h.clock.Now().UTC(), manual}
}

func (h clockHandler) get(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, h.state())
}

// advance moves the clock forward by the query's duration, and answers with the
// new time. What is due by then has been told so, but may not have happened.
func (h clockHandler) advance(w http.ResponseWriter, r *http.Request) {
	manual, ok := h.clock.(*clock.Manual)
	if !ok {
		refuse(w, http.StatusConflict, errMachineClock)
		return
	}
	d, err := time.ParseDuration(r.URL.Query().Get("duration"))
	switch {
	case err != nil:
		err = fmt.Errorf("duration %q: want one such as 90s or 24h", r.URL.Query().Get("duration"))
	case d <= 0 || d > maxAdvance:
		err = fmt.Errorf("duration %v: want more than 0 and at most %v", d, maxAdvance)
	case manual.Now().Add(d).Year() > lastYear:
		err = fmt.Errorf("duration %v: that is after the year %d", d, lastYear)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	manual.Advance(d)
	answer(w, http.StatusOK, h.state())
}
