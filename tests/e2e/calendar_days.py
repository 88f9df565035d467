"""The calendar as the tests expect it: days of UTC, the time zone that a tenant starts with."""
import calendar
import datetime

from google.type.date_pb2 import Date
from google.protobuf.timestamp_pb2 import Timestamp


def today():
    return datetime.datetime.now(datetime.timezone.utc).date()


def days(day, count):
    return day + datetime.timedelta(days=count)


def months(day, count):
    """The same day so many months on, or the last one of a shorter month."""
    index = day.year * 12 + day.month - 1 + count
    year, month = divmod(index, 12)
    return datetime.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def next_quarter(day):
    return months(day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1), 3)


def proto(day):
    return Date(year=day.year, month=day.month, day=day.day)


def start(day):
    """The instant at which the day begins."""
    instant = Timestamp()
    instant.FromDatetime(datetime.datetime.combine(day, datetime.time()))
    return instant
