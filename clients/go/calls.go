package tiermark

import (
	"context"
	"crypto/rand"
	"iter"
	mathrand "math/rand/v2"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/tiermark/tiermark-go/tiermarkpb"
)

// Doubled with each attempt; RetryInfo of the server goes before it.
const backoffFirst = 100 * time.Millisecond

// All yields every item of every page of a list, and ends with the first error.
func All[Request, Page proto.Message, Item any](
	ctx context.Context, list func(context.Context, Request, ...grpc.CallOption) (Page, error),
	request Request, items func(Page) []Item,
) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		request := proto.CloneOf(request)
		for {
			page, err := list(ctx, request)
			if err != nil {
				yield(*new(Item), err)
				return
			}
			for _, item := range items(page) {
				if !yield(item, nil) {
					return
				}
			}
			token := page.ProtoReflect().Get(field(page, "next_page_token")).String()
			if token == "" {
				return
			}
			request.ProtoReflect().Set(field(request, "page_token"), protoreflect.ValueOfString(token))
		}
	}
}

func field(message proto.Message, name protoreflect.Name) protoreflect.FieldDescriptor {
	return message.ProtoReflect().Descriptor().Fields().ByName(name)
}

func (o *Options) repeat(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn,
	invoke grpc.UnaryInvoker, callOptions ...grpc.CallOption) error {
	if _, set := ctx.Deadline(); !set {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.Deadline)
		defer cancel()
	}
	end, _ := ctx.Deadline()
	request = prepared(request.(proto.Message))
	for attempt := 1; ; attempt++ {
		err := invoke(ctx, method, request, reply, conn, callOptions...)
		if err == nil {
			return nil
		}
		failure := FromError(err)
		pause := failure.RetryDelay
		if pause == 0 {
			pause = time.Duration(float64(backoffFirst<<(attempt-1)) * (0.5 + mathrand.Float64()/2))
		}
		last := attempt >= o.AttemptsMax || !time.Now().Add(pause).Before(end)
		if last || !mayHelp(failure, request.(proto.Message)) {
			return failure
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return failure
		}
	}
}

// Whether the same call can succeed later. What a lost commit answer hides, a request id finds out;
// a claim has none, and would claim others.
func mayHelp(failure *Error, request proto.Message) bool {
	if _, claim := request.(*tiermarkpb.ClaimReevaluationsRequest); claim &&
		(failure.Reason == "" || failure.Reason == "COMMIT_UNKNOWN") {
		return false
	}
	return failure.Code == codes.Unavailable || failure.Reason == "COMMIT_UNKNOWN" ||
		failure.Code == codes.ResourceExhausted && failure.RetryDelay > 0
}

// A copy, in which writes have a request id. The items of a batch carry their own.
func prepared(request proto.Message) proto.Message {
	request = proto.Clone(request)
	give := func(write protoreflect.Message) {
		id := write.Descriptor().Fields().ByName("request_id")
		if id != nil && !write.Has(id) {
			write.Set(id, protoreflect.ValueOfString(rand.Text()))
		}
	}
	give(request.ProtoReflect())
	if items := field(request, "requests"); items != nil && items.IsList() && items.Message() != nil {
		list := request.ProtoReflect().Mutable(items).List()
		for i := range list.Len() {
			give(list.Get(i).Message())
		}
	}
	return request
}
