"""The options of a select: one is selected, whatever type its value has, and no words of a person become markup."""

from django.template import Context, Template


def options(choices, chosen=None, more=""):
    template = Template("{% load words %}{% options choices chosen " + more + " %}")
    return template.render(Context({"choices": choices, "chosen": chosen}))


def test_the_chosen_one_is_selected_though_an_address_says_numbers_as_text():
    assert options([(1, "thấp"), (2, "cao")], "2") == '<option value="1">thấp</option><option value="2" selected>cao</option>'
    assert options([("dump", "bãi rác")], None) == '<option value="dump">bãi rác</option>'


def test_words_begin_with_a_capital_letter_where_that_is_asked():
    assert options([("dump", "đống rác")], "", "capital=True") == '<option value="dump">Đống rác</option>'


def test_a_name_is_text_and_more_than_two_columns_do_no_harm():
    assert options([("team:3", "<b>Đội 3</b>", "team")]) == '<option value="team:3">&lt;b&gt;Đội 3&lt;/b&gt;</option>'
