//! What components export: checked before and after they are instantiated, and called.
