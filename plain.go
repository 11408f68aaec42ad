package leat

import (
	"net/http"

	"github.com/leat-io/leat/wire/admin"
)

// plain returns what is served beside the AWS APIs, by http.ServeMux pattern.
func (s *Server) plain() map[string]http.Handler {
	handlers := map[string]http.Handler{}
	if s.config.Admin {
		handlers[admin.Prefix] = admin.New(admin.Options{
			Clock: s.config.Clock, Faults: s.faults, CheckFault: checkFault,
		})
	}
	return handlers
}
