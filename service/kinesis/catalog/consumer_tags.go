package catalog

import (
	"maps"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/storage"
)

// AddConsumerTags adds tags to a consumer and overwrites those that are there.
// Refused, in this order: when there is no such stream or consumer, when it is
// DELETING, and when it would have too many. The characters are taken to be
// right.
type AddConsumerTags struct {
	ConsumerRef
	Tags map[string]string `json:"tags"`
}

func (*AddConsumerTags) kind() string { return "add_consumer_tags" }

func (cmd *AddConsumerTags) decide(s *state, _ Terms) (any, bool) {
	c, err := cmd.taggable(s)
	if err != nil {
		return err, true
	}
	total, change := addedTags(c.Tags, cmd.Tags)
	if total > MaxTags {
		return TooManyConsumerTags(cmd.Account, cmd.Consumer), true
	}
	return nil, !change
}

// TooManyConsumerTags is the answer to tags beyond MaxTags. AWS's text is
// unknown.
func TooManyConsumerTags(account, consumer string) *api.Error {
	return api.Errorf(kinesisapi.InvalidArgument, "Failed to add tags to consumer %s under account %s "+
		"because a given consumer cannot have more than %d tags associated with it.", consumer, account, MaxTags)
}

func (cmd *AddConsumerTags) apply(s *state, _ Terms, _ *storage.Effects) any {
	x, c := cmd.edit(s)
	tags := make(map[string]string, len(c.Tags)+len(cmd.Tags))
	maps.Copy(tags, c.Tags)
	maps.Copy(tags, cmd.Tags)
	c.Tags = tags
	s.put(x)
	return nil
}

// RemoveConsumerTags removes those of the keys that the consumer has. Refused
// when there is no such stream or consumer, and when it is DELETING.
type RemoveConsumerTags struct {
	ConsumerRef
	Keys []string `json:"keys"`
}

func (*RemoveConsumerTags) kind() string { return "remove_consumer_tags" }

func (cmd *RemoveConsumerTags) decide(s *state, _ Terms) (any, bool) {
	c, err := cmd.taggable(s)
	if err != nil {
		return err, true
	}
	return nil, !hasTag(c.Tags, cmd.Keys)
}

func (cmd *RemoveConsumerTags) apply(s *state, _ Terms, _ *storage.Effects) any {
	x, c := cmd.edit(s)
	c.Tags = maps.Clone(c.Tags)
	for _, key := range cmd.Keys {
		delete(c.Tags, key)
	}
	s.put(x)
	return nil
}

// taggable returns the consumer when its tags may be changed.
func (r ConsumerRef) taggable(s *state) (*Consumer, *api.Error) {
	c, err := r.find(s)
	if err == nil && c.Status == types.ConsumerStatusDeleting {
		err = ConsumerNotActive(r.Ref, c)
	}
	return c, err
}

// ConsumerNotActive is the answer of operations that need another status of a
// consumer.
func ConsumerNotActive(r Ref, c *Consumer) *api.Error {
	return api.Errorf(kinesisapi.ResourceInUse,
		"Consumer %s with creation timestamp %d under stream %s and account %s is not in ACTIVE status.",
		c.Name, c.CreatedSeconds, r.Name, r.Account)
}
