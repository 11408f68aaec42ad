package catalog

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/storage"
)

// MaxTags is how many tags a stream may have.
const MaxTags = 50

// TooManyTags is the answer to tags beyond MaxTags, which AWS words with its
// former limit.
func TooManyTags(account, name string) *api.Error {
	return api.Errorf(kinesisapi.InvalidArgument, "Failed to add tags to stream %s under account %s "+
		"because a given stream cannot have more than 10 tags associated with it.", name, account)
}

// AddTags adds tags to a stream and overwrites those that are there. Refused,
// in this order: when there is no such stream, when it is CREATING or DELETING,
// and when it would have too many. The characters are taken to be right.
type AddTags struct {
	Ref
	Tags map[string]string `json:"tags"`
}

func (*AddTags) kind() string { return "add_tags" }

func (cmd *AddTags) decide(s *state, _ Terms) (any, bool) {
	x, err := cmd.find(s, types.StreamStatusActive, types.StreamStatusUpdating)
	if err != nil {
		return err, true
	}
	total, change := addedTags(x.Tags, cmd.Tags)
	if total > MaxTags {
		return TooManyTags(x.Account, x.Name), true
	}
	return nil, !change
}

// addedTags returns how many tags there are once more were added, and whether
// that changes anything.
func addedTags(tags, more map[string]string) (total int, change bool) {
	total = len(tags)
	for key, value := range more {
		old, there := tags[key]
		if !there {
			total++
		}
		change = change || !there || old != value
	}
	return total, change
}

func (cmd *AddTags) apply(s *state, _ Terms, _ *storage.Effects) any {
	x := cmd.edit(s)
	tags := make(map[string]string, len(x.Tags)+len(cmd.Tags))
	maps.Copy(tags, x.Tags)
	maps.Copy(tags, cmd.Tags)
	x.Tags = tags
	s.put(x)
	return nil
}

// RemoveTags removes those of the keys that the stream has. Refused when there
// is no such stream, and when it is CREATING or DELETING.
type RemoveTags struct {
	Ref
	Keys []string `json:"keys"`
}

func (*RemoveTags) kind() string { return "remove_tags" }

func (cmd *RemoveTags) decide(s *state, _ Terms) (any, bool) {
	x, err := cmd.find(s, types.StreamStatusActive, types.StreamStatusUpdating)
	if err != nil {
		return err, true
	}
	return nil, !hasTag(x.Tags, cmd.Keys)
}

// hasTag reports whether there is a tag with one of the keys.
func hasTag(tags map[string]string, keys []string) bool {
	return slices.ContainsFunc(keys, func(key string) bool {
		_, there := tags[key]
		return there
	})
}

func (cmd *RemoveTags) apply(s *state, _ Terms, _ *storage.Effects) any {
	x := cmd.edit(s)
	x.Tags = maps.Clone(x.Tags)
	for _, key := range cmd.Keys {
		delete(x.Tags, key)
	}
	s.put(x)
	return nil
}
