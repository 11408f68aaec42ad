package leat

import (
	"errors"

	"github.com/leat-io/leat/api/dynamodbapi"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/internal/fault"
	"github.com/leat-io/leat/wire"
)

// faultRules reads Faults, and reports everything that is wrong with them.
func (c Config) faultRules() ([]fault.Rule, error) {
	var rules []fault.Rule
	var errs []error
	for _, text := range c.Faults {
		r, err := fault.Parse(text)
		if err == nil {
			err = checkFault(r)
		}
		rules, errs = append(rules, r), append(errs, err)
	}
	if len(rules) > fault.MaxRules {
		errs = append(errs, fault.ErrTooMany)
	}
	return rules, errors.Join(errs...)
}

// checkFault reports everything that is wrong with a rule, which has to fit one
// of the APIs. Where it fits none, the API is blamed that has the operation.
func checkFault(r fault.Rule) error {
	err := wire.CheckFault(kinesisapi.Service, r)
	if err == nil || kinesisapi.Service.Operations[r.Operation] != nil {
		return err
	}
	other := wire.CheckFault(dynamodbapi.Service, r)
	if other == nil || dynamodbapi.Service.Operations[r.Operation] != nil {
		return other
	}
	return err
}

// injector returns one with the configured rules in force.
func (c Config) injector() (*fault.Injector, error) {
	rules, err := c.faultRules()
	if err != nil {
		return nil, err
	}
	injector := new(fault.Injector)
	for _, r := range rules {
		if _, err := injector.Add(r); err != nil {
			return nil, err
		}
	}
	return injector, nil
}

// Faults returns what decides which calls fail on purpose, for leattest. Others
// have Config.Faults and the admin endpoint.
func (s *Server) Faults() *fault.Injector { return s.faults }
