package tiermark

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Error is a call that failed.
type Error struct {
	Code            codes.Code
	Message         string
	Reason          string           // Such as FACTS_MISSING; empty where the call did not reach the server.
	FieldViolations []FieldViolation // Every field at fault.
	RetryDelay      time.Duration    // How long to wait before calling again, when the server says so.
	status          *status.Status
}

// FieldViolation says what is wrong with one field.
type FieldViolation struct{ Field, Description string }

// FromError reads the details of what a call returned.
func FromError(err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	from := status.Convert(err)
	failure := &Error{Code: from.Code(), Message: from.Message(), status: from}
	for _, detail := range from.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			failure.Reason = detail.GetReason()
		case *errdetails.BadRequest:
			for _, violation := range detail.GetFieldViolations() {
				failure.FieldViolations = append(failure.FieldViolations,
					FieldViolation{violation.GetField(), violation.GetDescription()})
			}
		case *errdetails.RetryInfo:
			failure.RetryDelay = detail.GetRetryDelay().AsDuration()
		}
	}
	return failure
}

func (e *Error) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s: %s", e.Code, e.Reason, e.Message)
	for _, violation := range e.FieldViolations {
		fmt.Fprintf(&text, "\n  %s: %s", violation.Field, violation.Description)
	}
	return text.String()
}

// GRPCStatus makes status.FromError and status.Code work.
func (e *Error) GRPCStatus() *status.Status { return e.status }

// Streams are never repeated: who streams knows what was answered.
func withOwnErrors(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string,
	open grpc.Streamer, options ...grpc.CallOption) (grpc.ClientStream, error) {
	stream, err := open(ctx, desc, conn, method, options...)
	if err != nil {
		return nil, FromError(err)
	}
	return &ownErrors{stream}, nil
}

type ownErrors struct{ grpc.ClientStream }

func (s *ownErrors) RecvMsg(message any) error {
	err := s.ClientStream.RecvMsg(message)
	if err == nil || err == io.EOF {
		return err
	}
	return FromError(err)
}
