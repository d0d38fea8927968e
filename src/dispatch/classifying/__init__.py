"""Free text to categories (自动分类): a small linear model that runs on this machine."""
