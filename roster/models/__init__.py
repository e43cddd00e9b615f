from roster.models.leave import CompOff, Leave
from roster.models.post import Post, Rotation, RotationMember, RotationStep
from roster.models.shift import CheckIn, Shift

__all__ = ["CheckIn", "CompOff", "Leave", "Post", "Rotation", "RotationMember", "RotationStep", "Shift"]
