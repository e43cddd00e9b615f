from reports.models.weekly import WeeklyReport

__all__ = ["WeeklyReport"]
