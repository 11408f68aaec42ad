package catalog

import (
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
)

// Ref names the stream that a command is about.
type Ref struct {
	Account string `json:"account"`
	Region  string `json:"region"`
	Name    string `json:"name"`
}

// ARN returns the Amazon resource name of the stream.
func (r Ref) ARN() string {
	return "arn:aws:kinesis:" + r.Region + ":" + r.Account + ":stream/" + r.Name
}

func (r Ref) owner() owner { return owner{r.Account, r.Region} }

// current returns the stream as it is.
func (r Ref) current(s *state) *Stream { return s.owners[r.owner()][r.Name] }

// find returns the stream when it exists and has one of the statuses.
func (r Ref) find(s *state, in ...types.StreamStatus) (*Stream, *api.Error) {
	x := r.current(s)
	if x == nil {
		return nil, StreamNotFound(r.Account, r.Name)
	}
	for _, status := range in {
		if x.Status == status {
			return x, nil
		}
	}
	return nil, NotActive(x)
}

// edit returns a copy of the stream to change and put.
func (r Ref) edit(s *state) *Stream {
	x := *r.current(s)
	return &x
}
