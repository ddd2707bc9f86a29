"""Privacy-preserving access control and secure processing environment for clinical and imaging research."""

__version__ = "0.1.0"
