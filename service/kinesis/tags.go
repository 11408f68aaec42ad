package kinesis

import (
	"context"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/service/kinesis/catalog"
)

// What may stand in tags is judged twice by AWS, in different words: the second
// time '%' is refused, which the first allows (spec data-streams §11.13).
var errInvalidTags = &api.Error{
	Code: kinesisapi.InvalidArgument,
	Message: "Some tags contain invalid characters. " +
		"Valid characters: Unicode letters, digits, white space, _ . / = + - % @.",
}

const illegalTags = "Failed to %s stream %s under account %s because some tags contained illegal characters. " +
	"The allowed characters are Unicode letters, white-spaces, '_',',','/','=','+','-','@'."

// reservedTags is how the keys begin that only AWS may set.
const reservedTags = "aws:"

// checkAddedTags judges tags to add: their characters, then reserved keys.
func checkAddedTags(ref catalog.Ref, tags map[string]string) error {
	var texts []string
	for key, value := range tags {
		texts = append(texts, key, value)
	}
	if err := checkTagTexts(ref, "add tags to", texts); err != nil {
		return err
	}
	for key := range tags {
		if len(key) >= len(reservedTags) && strings.EqualFold(key[:len(reservedTags)], reservedTags) {
			return api.Errorf(kinesisapi.InvalidArgument, "Failed to add tags to stream %s under account %s "+
				"because tag keys starting with %s are reserved.", ref.Name, ref.Account, reservedTags)
		}
	}
	return nil
}

// checkTagTexts judges the characters of keys and values. verb is what was to
// be done with the tags.
func checkTagTexts(ref catalog.Ref, verb string, texts []string) error {
	for _, text := range texts {
		if strings.ContainsFunc(text, notInTags) {
			return errInvalidTags
		}
	}
	for _, text := range texts {
		if strings.Contains(text, "%") {
			return api.Errorf(kinesisapi.InvalidArgument, illegalTags, verb, ref.Name, ref.Account)
		}
	}
	return nil
}

// notInTags reports whether the first check refuses the character. White space
// are Unicode's separators: tabs and line breaks are not among them.
func notInTags(r rune) bool {
	return !unicode.In(r, unicode.L, unicode.N, unicode.Z) && !strings.ContainsRune("_./=+-%@:", r)
}

// addTags is what AddTagsToStream and TagResource have in common.
func (s *Service) addTags(ctx context.Context, ref catalog.Ref, tags map[string]string) error {
	if err := checkAddedTags(ref, tags); err != nil {
		return err
	}
	_, err := s.propose(ctx, ref, &catalog.AddTags{Ref: ref, Tags: tags})
	return err
}

// removeTags is what RemoveTagsFromStream and UntagResource have in common.
func (s *Service) removeTags(ctx context.Context, ref catalog.Ref, keys []string) error {
	if err := checkTagTexts(ref, "remove tags from", keys); err != nil {
		return err
	}
	_, err := s.propose(ctx, ref, &catalog.RemoveTags{Ref: ref, Keys: keys})
	return err
}

// tagShapes returns the tags after the key, in the order of keys.
func tagShapes(tags map[string]string, after string) []types.Tag {
	shapes := []types.Tag{}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if key > after {
			shapes = append(shapes, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
		}
	}
	return shapes
}

// admitResource is admit for an ARN of any resource that can have tags: a
// stream, whose consumer is named empty, or a consumer. Others do not exist
// yet.
func (s *Service) admitResource(ctx context.Context, operation string, resourceARN *string) (catalog.ConsumerRef, error) {
	arn := aws.ToString(resourceARN)
	_, _, name, ok := parseARN(arn)
	switch {
	case !ok:
		return catalog.ConsumerRef{}, api.Errorf(kinesisapi.ResourceNotFound, "Resource %s not found.", arn)
	case strings.Contains(name, consumerInARN):
		return s.admitConsumer(ctx, operation, nil, nil, resourceARN)
	}
	ref, err := s.admit(ctx, operation, "", arn)
	return catalog.ConsumerRef{Ref: ref}, err
}

// addConsumerTags is addTags for a consumer.
func (s *Service) addConsumerTags(ctx context.Context, c catalog.ConsumerRef, tags map[string]string) error {
	if err := checkAddedTags(c.Ref, tags); err != nil {
		return err
	}
	_, err := s.propose(ctx, c.Ref, &catalog.AddConsumerTags{ConsumerRef: c, Tags: tags})
	return err
}

// removeConsumerTags is removeTags for a consumer.
func (s *Service) removeConsumerTags(ctx context.Context, c catalog.ConsumerRef, keys []string) error {
	if err := checkTagTexts(c.Ref, "remove tags from", keys); err != nil {
		return err
	}
	_, err := s.propose(ctx, c.Ref, &catalog.RemoveConsumerTags{ConsumerRef: c, Keys: keys})
	return err
}
