package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/leat-io/leat/internal/fault"
)

// maxRuleBytes bounds a request that adds a rule.
const maxRuleBytes = 64 << 10

// faultHandler shows and changes which calls fail on purpose.
type faultHandler struct {
	faults *fault.Injector
	check  func(fault.Rule) error
}

// list answers with the rules in force.
func (h faultHandler) list(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, struct {
		Faults []fault.Active `json:"faults"`
	}{h.faults.List()})
}

// add puts the rule in the body into force, and answers with what it became.
func (h faultHandler) add(w http.ResponseWriter, r *http.Request) {
	rule, err := readRule(http.MaxBytesReader(w, r.Body, maxRuleBytes))
	if err == nil {
		err = h.check(rule)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	added, err := h.faults.Add(rule)
	if err != nil {
		refuse(w, http.StatusConflict, err)
		return
	}
	answer(w, http.StatusCreated, added)
}

// readRule reads one rule in JSON, and nothing else.
func readRule(body io.Reader) (fault.Rule, error) {
	d := json.NewDecoder(body)
	d.DisallowUnknownFields()
	var rule fault.Rule
	if err := d.Decode(&rule); err != nil {
		return rule, fmt.Errorf("read the fault: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return rule, errors.New("read the fault: more than one document")
	}
	return rule, nil
}

// reset takes all rules out of force.
func (h faultHandler) reset(w http.ResponseWriter, _ *http.Request) {
	h.faults.Reset()
	w.WriteHeader(http.StatusNoContent)
}

// remove takes one rule out of force.
func (h faultHandler) remove(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil || !h.faults.Remove(id) {
		refuse(w, http.StatusNotFound, fmt.Errorf("no fault %q is in force", r.PathValue("id")))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
